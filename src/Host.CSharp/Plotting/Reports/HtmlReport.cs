using System.Text;
using System.Text.Encodings.Web;
using System.Text.Unicode;
using ScoreFunctional.Host.Files;

namespace ScoreFunctional.Host.Plotting.Reports;

/// <summary>Writes a report as one HTML file without external files.</summary>
internal static class HtmlReport
{
    private const string Style = """
        :root { --paper: #f6f7f9; --card: #ffffff; --ink: #1d2230; --soft: #5d667a; --line: #dfe3ea; --accent: #0072b2; }
        @media (prefers-color-scheme: dark) {
          :root { --paper: #0f1217; --card: #171a21; --ink: #e4e7ee; --soft: #9aa4b8; --line: #2b313d; --accent: #56b4e9; }
        }
        * { box-sizing: border-box; }
        body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
        main { max-width: 960px; margin: 0 auto; padding: 2.5rem 1.25rem 4rem; }
        h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 .4rem; }
        h2 { font-size: 1.15rem; margin: 0 0 .3rem; }
        p { margin: 0 0 1rem; }
        .soft { color: var(--soft); }
        .figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(11rem, 1fr)); gap: .8rem; margin: 1.6rem 0; }
        .figure, section { background: var(--card); border: 1px solid var(--line); border-radius: 10px; }
        .figure { padding: .9rem 1.1rem; }
        .figure dt { color: var(--soft); font-size: .85rem; }
        .figure dd { margin: 0; }
        .figure .value { font-size: 1.45rem; font-weight: 650; font-variant-numeric: tabular-nums; }
        .figure .note { color: var(--soft); font-size: .82rem; }
        section { padding: 1.2rem 1.4rem 1.4rem; margin: 1.1rem 0; overflow-x: auto; }
        section > p { font-size: .92rem; }
        img { display: block; max-width: 100%; height: auto; margin: 0 auto; border-radius: 4px; }
        img.pixels { image-rendering: pixelated; }
        @media (prefers-color-scheme: dark) { img:not(.pixels) { filter: invert(.91) hue-rotate(180deg); } }
        table { border-collapse: collapse; width: 100%; font-size: .93rem; font-variant-numeric: tabular-nums; }
        th, td { padding: .42rem .6rem; border-bottom: 1px solid var(--line); text-align: right; }
        th:first-child, td:first-child { text-align: left; }
        th { color: var(--soft); font-weight: 600; }
        tbody tr:last-child td { border-bottom: 0; }
        pre { margin: 0; font: .85rem/1.5 ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; white-space: pre-wrap; overflow-wrap: anywhere; }
        ul { margin: 0; padding-left: 1.2rem; }
        footer { color: var(--soft); font-size: .85rem; margin-top: 2rem; }
        """;

    // The page is UTF-8: only the special characters of HTML are escaped.
    private static readonly HtmlEncoder Encoder = HtmlEncoder.Create(UnicodeRanges.All);

    /// <summary>Writes a report to a file atomically.</summary>
    /// <param name="path">Path of the file.</param>
    /// <param name="page">The report.</param>
    /// <exception cref="ScoreException">The file cannot be written.</exception>
    public static void Save(string path, ReportPage page) => AtomicFile.WriteText(path, Render(page));

    /// <summary>Renders a report.</summary>
    /// <param name="page">The report.</param>
    /// <returns>The text of an HTML document.</returns>
    public static string Render(ReportPage page)
    {
        var html = new StringBuilder();
        html.Append($"""
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>{Encode(page.Title)}</title>
            <style>
            {Style}
            </style>
            </head>
            <body>
            <main>
            <h1>{Encode(page.Title)}</h1>
            <p class="soft">{Encode(page.Summary)}</p>

            """);
        Figures(html, page.Headlines);
        foreach (var section in page.Sections)
        {
            Section(html, section);
        }

        html.Append("<footer>ScoreFunctional</footer>\n</main>\n</body>\n</html>\n");
        return html.ToString();
    }

    private static void Figures(StringBuilder html, IReadOnlyList<Headline> headlines)
    {
        if (headlines.Count == 0)
        {
            return;
        }

        html.Append("<dl class=\"figures\">\n");
        foreach (var (label, value, note) in headlines)
        {
            html.Append($"<div class=\"figure\"><dt>{Encode(label)}</dt><dd class=\"value\">{Encode(value)}</dd>");
            html.Append(note.Length > 0 ? $"<dd class=\"note\">{Encode(note)}</dd></div>\n" : "</div>\n");
        }

        html.Append("</dl>\n");
    }

    private static void Section(StringBuilder html, ReportSection section)
    {
        html.Append($"<section>\n<h2>{Encode(section.Heading)}</h2>\n");
        if (section.Note.Length > 0)
        {
            html.Append($"<p class=\"soft\">{Encode(section.Note)}</p>\n");
        }

        switch (section)
        {
            case PictureSection picture:
                html.Append(
                    $"<img{(picture.Pixels ? " class=\"pixels\"" : "")} alt=\"{Encode(picture.Alternative)}\" "
                    + $"src=\"data:{picture.Media};base64,{Convert.ToBase64String(picture.Bytes.Span)}\">\n");
                break;
            case TableSection table:
                Table(html, table);
                break;
            case TextSection text:
                html.Append($"<pre>{Encode(text.Text)}</pre>\n");
                break;
            case ListSection list:
                html.Append("<ul>\n");
                foreach (var item in list.Items)
                {
                    html.Append($"<li>{Encode(item)}</li>\n");
                }

                html.Append("</ul>\n");
                break;
            default:
                throw new ArgumentException($"expected a known section, found {section.GetType().Name}", nameof(section));
        }

        html.Append("</section>\n");
    }

    private static void Table(StringBuilder html, TableSection table)
    {
        html.Append("<table>\n<thead><tr>");
        foreach (var column in table.Columns)
        {
            html.Append($"<th>{Encode(column)}</th>");
        }

        html.Append("</tr></thead>\n<tbody>\n");
        foreach (var row in table.Rows)
        {
            html.Append("<tr>");
            foreach (var cell in row)
            {
                html.Append($"<td>{Encode(cell)}</td>");
            }

            html.Append("</tr>\n");
        }

        html.Append("</tbody>\n</table>\n");
    }

    private static string Encode(string text) => Encoder.Encode(text);
}
