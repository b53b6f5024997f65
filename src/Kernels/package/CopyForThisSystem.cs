using System;
using System.IO;
using System.Linq;
using System.Text;
using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;

/// <summary>A build task that copies TorchSharp's native library so that this system can load it.</summary>
/// <remarks>
/// The library is linked against GCC 13. It requires version GLIBCXX_3.4.32 of libstdc++ for one function, to which every file
/// that includes iostream refers and which nothing calls. Debian 12 and Ubuntu 22.04 have 3.4.30, and their loader rejects the
/// library because of the version. On such systems the task marks the reference to the version in the copy as weak (one bit of its
/// Elf64_Vernaux record), and the loader then accepts that the version is missing. Elsewhere it copies the library unchanged.
/// </remarks>
public sealed class CopyForThisSystem : Task
{
    private const string RequiredVersion = "GLIBCXX_3.4.32";
    private const ushort Weak = 2;

    [Required]
    public string Source { get; set; }

    [Required]
    public string Destination { get; set; }

    public override bool Execute()
    {
        var bytes = File.ReadAllBytes(Source);
        var record = Source.EndsWith(".so") ? VersionReference(bytes) : 0;
        if (record > 0 && LibStdCxx() is string library && !Contains(File.ReadAllBytes(library), RequiredVersion))
        {
            BitConverter.GetBytes((ushort)(BitConverter.ToUInt16(bytes, record + 4) | Weak)).CopyTo(bytes, record + 4);
            Log.LogMessage(MessageImportance.High, $"  {Path.GetFileName(Source)}: {RequiredVersion} marked as optional, since {library} is older");
        }

        Directory.CreateDirectory(Path.GetDirectoryName(Destination));
        File.Delete(Destination);
        File.WriteAllBytes(Destination, bytes);
        return true;
    }

    /// <summary>The offset of the required version's record in section SHT_GNU_verneed, or 0.</summary>
    private static int VersionReference(byte[] elf)
    {
        const uint neededVersions = 0x6ffffffe;
        int At(int offset) => checked((int)BitConverter.ToUInt32(elf, offset));
        int sections = checked((int)BitConverter.ToInt64(elf, 40)), size = BitConverter.ToUInt16(elf, 58), count = BitConverter.ToUInt16(elf, 60);
        int Start(int section) => checked((int)BitConverter.ToInt64(elf, section + 24));

        foreach (var section in Enumerable.Range(0, count).Select(i => sections + (i * size)))
        {
            if (BitConverter.ToUInt32(elf, section + 4) != neededVersions)
            {
                continue;
            }

            var names = Start(sections + (At(section + 40) * size));
            // Elf64_Verneed: first record at +8, next library at +12; Elf64_Vernaux: flags at +4, name at +8, next at +12.
            for (int library = Start(section), step = 1; step != 0; step = At(library + 12), library += step)
            {
                for (int record = library + At(library + 8), next = 1; next != 0; next = At(record + 12), record += next)
                {
                    var name = names + At(record + 8);
                    if (Encoding.ASCII.GetString(elf, name, Array.IndexOf(elf, (byte)0, name) - name) == RequiredVersion)
                    {
                        return record;
                    }
                }
            }
        }

        return 0;
    }

    /// <summary>The path of the system's libstdc++, which this process has loaded for the .NET runtime.</summary>
    private static string LibStdCxx() =>
        File.ReadLines("/proc/self/maps").Select(line => line.Split(' ').Last()).FirstOrDefault(path => Path.GetFileName(path).StartsWith("libstdc++.so.6"));

    private static bool Contains(byte[] text, string word) => Encoding.GetEncoding("iso-8859-1").GetString(text).Contains(word + "\0");
}
