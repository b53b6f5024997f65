// The last part of docs/build.sh: makes the links of the pages that fsdocs wrote relative, writes the index of the search,
// and checks the pages. Each fault is one line, and any fault is exit status 1.
//     dotnet fsi docs/site/finish.fsx artifacts/site
open System
open System.IO
open System.Net
open System.Text.RegularExpressions

let site = Path.GetFullPath fsi.CommandLineArgs[1]
let pages = Directory.GetFiles(site, "*.html", SearchOption.AllDirectories)
let relative (path: string) = Path.GetRelativePath(site, path)

/// Stands for the site's address in all that fsdocs writes.
let root = "@root@/"

let text =
    Map [
        for page in pages do
            let up = Path.GetRelativePath(string (Path.GetDirectoryName page), site).Replace('\\', '/')
            let html = (File.ReadAllText page).Replace(root, (if up = "." then "" else up + "/"))
            // The anchors of headings as GitHub names them, so that one link serves both.
            let anchor = Regex @"(?<=<a [^>]*)\b(name=""|href=""#)[^""]+"""

            let html =
                if up = "." then
                    anchor.Replace(html, (fun found -> found.Value.ToLowerInvariant()))
                else
                    html

            File.WriteAllText(page, html)
            page, html
    ]

let index = Path.Combine(site, "index.json")

File.WriteAllText(
    Path.Combine(site, "content", "index.js"),
    $"""window.siteIndex = {(File.ReadAllText index).Replace(root, "")};"""
)

File.Delete index

/// The places of a page that a link can name.
let anchors =
    text
    |> Map.map (fun _ html ->
        set [ for found in Regex.Matches(html, @"\b(?:id|name)=""([^""]*)""") -> found.Groups[1].Value ])

/// Whether a link of a page leads to something that is there.
let leads (page: string) (link: string) =
    let parts = (WebUtility.HtmlDecode link).Split('#', 2) |> Array.map Uri.UnescapeDataString

    let target =
        if parts[0] = "" then
            page
        else
            Path.GetFullPath(Path.Combine(string (Path.GetDirectoryName page), parts[0]))

    File.Exists target
    && (parts.Length = 1
        || parts[1] = ""
        || (anchors.ContainsKey target && anchors[target].Contains parts[1]))

let faults = [
    for KeyValue(page, html) in text do
        let fault what = $"{relative page}: {what}"

        for found in Regex.Matches(html, @"<(\w+)\b[^>]*?\b(?:href|src)=""([^""]*)""") do
            let tag, link = found.Groups[1].Value, found.Groups[2].Value

            if Regex.IsMatch(link, "^(https?:)?//") then
                if tag <> "a" then
                    fault $"needs the network: {link}"
            elif not (Regex.IsMatch(link, "^(data|mailto):")) && not (leads page link) then
                fault $"a link leads nowhere: {link}"

        for found in Regex.Matches(html, @"\{\{[\w-]+\}\}|No output has been produced|No value returned|require --eval") do
            fault $"was not filled in: {found.Value}"

        // Pages of the reference are found through their namespaces.
        if
            Path.GetDirectoryName page = site
            && not (text |> Map.exists (fun other html -> other <> page && html.Contains $"href=\"{relative page}\""))
        then
            fault "no other page leads there"
]

for fault in List.distinct faults do
    eprintfn "%s" fault

exit (if faults.IsEmpty then 0 else 1)
