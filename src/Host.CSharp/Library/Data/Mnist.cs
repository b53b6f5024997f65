using ScoreFunctional.Host.Files;

namespace ScoreFunctional.Host.Data;

/// <summary>
/// The handwritten digits of LeCun, Cortes and Burges: 60,000 training and 10,000 test images, 28 by 28, one byte per pixel, in
/// four IDX files, whose MD5 sums are checked.
/// </summary>
internal static class Mnist
{
    /// <summary>The name on the command line.</summary>
    public const string Name = "mnist";

    /// <summary>The environment variable that names a folder with the files.</summary>
    public const string Variable = "SCORE_DATA";

    private const string Advice =
        $"give a folder with the four files as --data DIR or {Variable}, or use --dataset strokes";

    private static readonly MnistPart TrainImages = new("train-images-idx3-ubyte", [60000, 28, 28], "6bbc9ace898e44ae57da46a324031adb");
    private static readonly MnistPart TrainLabels = new("train-labels-idx1-ubyte", [60000], "a25bea736e30d166cdddb491f175f624");
    private static readonly MnistPart TestImages = new("t10k-images-idx3-ubyte", [10000, 28, 28], "2646ac647ad5339dbf082846283269ea");
    private static readonly MnistPart TestLabels = new("t10k-labels-idx1-ubyte", [10000], "27ae3e4e09519cfbb04c329615203637");

    private static readonly MnistPart[] Parts = [TrainImages, TrainLabels, TestImages, TestLabels];

    /// <summary>
    /// Loads from the given folder, else from the folder in <see cref="Variable"/>, else from the user's cache, else downloads into
    /// the cache. If a folder was named, no other source is used.
    /// </summary>
    /// <param name="directory">The folder with the four files, gzip or plain; <c>null</c> if none was given.</param>
    /// <param name="report">Receives one line per download.</param>
    /// <param name="cancellation">Stops a download.</param>
    /// <returns>The checked images.</returns>
    /// <exception cref="ScoreException">
    /// A file is missing or damaged; of kind <see cref="ScoreErrorKind.DataUnavailable"/> if no folder was named and no mirror
    /// answers.
    /// </exception>
    public static ImageData Load(
        string? directory, Action<string>? report = null, CancellationToken cancellation = default)
    {
        if (directory is null && Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } fromEnvironment)
        {
            directory = fromEnvironment;
        }

        return directory is not null
            ? LoadFrom(directory)
            : LoadCached(
                CacheDirectory ?? throw new ScoreException(
                    ScoreErrorKind.DataUnavailable,
                    $"MNIST is not on this machine, and there is no home folder for a download; {Advice}"),
                report,
                cancellation);
    }

    /// <summary>
    /// The folder of downloads: below <c>XDG_CACHE_HOME</c>, else below <c>~/.cache</c>; <c>null</c> for an account without a home
    /// folder.
    /// </summary>
    public static string? CacheDirectory
    {
        get
        {
            var root = Environment.GetEnvironmentVariable("XDG_CACHE_HOME");
            // The XDG specification says to ignore relative paths.
            if (string.IsNullOrEmpty(root) || !Path.IsPathRooted(root))
            {
                // HOME, else the folder of the account; empty if that folder does not exist.
                var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
                if (!Path.IsPathRooted(home))
                {
                    return null;
                }

                root = OperatingSystem.IsWindows()
                    ? Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData)
                    : Path.Combine(home, ".cache");
            }

            return Path.Combine(root, "scorefunctional", Name);
        }
    }

    /// <summary>Loads the four files of one folder.</summary>
    /// <param name="directory">The folder.</param>
    /// <returns>The checked images.</returns>
    /// <exception cref="ScoreException">The folder or one of the files is missing or damaged.</exception>
    public static ImageData LoadFrom(string directory)
    {
        if (!Directory.Exists(directory))
        {
            throw new ScoreException(
                ScoreErrorKind.Usage, $"expected a folder with the MNIST files, found no folder {directory}");
        }

        return Read(part => part.Find(directory) ?? throw new ScoreException(
            ScoreErrorKind.Usage,
            $"expected {part.FileName} or {part.FileName}.gz in {directory}, found {Describe(directory)}"));
    }

    /// <summary>Loads from a cache folder; files that are missing or damaged are downloaded.</summary>
    /// <param name="cache">The cache folder.</param>
    /// <param name="report">Receives one line per download.</param>
    /// <param name="cancellation">Stops a download.</param>
    /// <returns>The checked images.</returns>
    /// <exception cref="ScoreException">
    /// Of kind <see cref="ScoreErrorKind.DataUnavailable"/> if no mirror answers.
    /// </exception>
    internal static ImageData LoadCached(string cache, Action<string>? report, CancellationToken cancellation)
    {
        if (Parts.All(part => part.Find(cache) is not null))
        {
            try
            {
                return LoadFrom(cache);
            }
            catch (ScoreException error)
            {
                report?.Invoke($"the cached copy is damaged and is downloaded again ({error.Message})");
            }
        }

        RequireCache(cache);
        foreach (var part in Parts)
        {
            MnistDownload.Fetch(part, cache, report, cancellation);
        }

        return LoadFrom(cache);
    }

    // Checked before the download of ten megabytes.
    private static void RequireCache(string cache)
    {
        try
        {
            OutputPath.Of(Path.Combine(cache, Parts[0].FileName + ".gz")).RequireWritable();
        }
        catch (ScoreException error)
        {
            throw new ScoreException(
                ScoreErrorKind.DataUnavailable,
                $"MNIST is not on this machine, and the cache cannot be written ({error.Message}); {Advice}", error);
        }
    }

    private static ImageData Read(Func<MnistPart, string> locate)
    {
        var paths = Array.ConvertAll(Parts, part => locate(part));
        var files = new IdxFile[Parts.Length];
        // Decompression and checksums take most of the time: the files are read in parallel.
        try
        {
            Parallel.For(0, Parts.Length, i => files[i] = Parts[i].Read(paths[i]));
        }
        catch (AggregateException error) when (error.InnerExceptions.OfType<ScoreException>().Any())
        {
            throw error.InnerExceptions.OfType<ScoreException>().First();
        }

        return new ImageData(
            Name,
            new ByteImages($"{Name}/train", files[0], files[1]),
            new ByteImages($"{Name}/test", files[2], files[3]));
    }

    private static string Describe(string directory)
    {
        try
        {
            var names = Directory.EnumerateFileSystemEntries(directory).Select(Path.GetFileName).Order().Take(5).ToList();
            return names.Count == 0 ? "an empty folder" : string.Join(", ", names);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ScoreException($"cannot read {directory}: {AtomicFile.OneLine(error.Message)}", error);
        }
    }
}

/// <summary>One of the four MNIST files.</summary>
/// <param name="FileName">The name, without <c>.gz</c>.</param>
/// <param name="Dimensions">The dimensions of its array.</param>
/// <param name="Md5">The MD5 sum of its decompressed contents.</param>
internal sealed record MnistPart(string FileName, int[] Dimensions, string Md5)
{
    /// <summary>The path of this file in a folder, plain or gzip, or <c>null</c>.</summary>
    /// <param name="directory">The folder.</param>
    public string? Find(string directory)
    {
        // Some copies have a dot in place of the hyphen before "idx".
        string[] names = [FileName, FileName + ".gz", FileName.Replace("-idx", ".idx"), FileName.Replace("-idx", ".idx") + ".gz"];
        return names.Select(name => Path.Combine(directory, name)).FirstOrDefault(File.Exists);
    }

    /// <summary>Reads and checks a copy of this file.</summary>
    /// <param name="path">The copy.</param>
    /// <exception cref="ScoreException">The copy is damaged.</exception>
    public IdxFile Read(string path) => IdxFile.Read(path, Dimensions, Md5);
}
