using ScoreFunctional.Host.Files;

namespace ScoreFunctional.Host.Data;

/// <summary>Downloads the MNIST files from public mirrors.</summary>
internal static class MnistDownload
{
    // The mirrors of torchvision and TensorFlow; the site of the authors no longer serves the files.
    private static readonly string[] PublicMirrors =
    [
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
    ];

    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(10);

    // Enough for ten megabytes over a slow line; a mirror that stalls stops a run for no longer.
    private static readonly TimeSpan FileTimeout = TimeSpan.FromMinutes(3);
    private const long LargestFile = 32 << 20;

    /// <summary>Downloads one file into a folder, unless it holds a good copy.</summary>
    /// <param name="part">The file.</param>
    /// <param name="directory">The folder; created if missing.</param>
    /// <param name="report">Receives one line per download.</param>
    /// <param name="cancellation">Stops the download; no file is left.</param>
    /// <param name="mirrors">Addresses to try in order, each ending with a slash; by default the public ones.</param>
    /// <exception cref="ScoreException">
    /// No mirror answers with the right contents (kind <see cref="ScoreErrorKind.DataUnavailable"/>), or the folder
    /// cannot be written.
    /// </exception>
    public static void Fetch(
        MnistPart part, string directory, Action<string>? report, CancellationToken cancellation,
        IReadOnlyList<string>? mirrors = null)
    {
        if (part.Find(directory) is { } present && IsGood(part, present))
        {
            return;
        }

        Exception? last = null;
        foreach (var mirror in mirrors ?? PublicMirrors)
        {
            cancellation.ThrowIfCancellationRequested();
            var address = new Uri(mirror + part.FileName + ".gz");
            try
            {
                report?.Invoke($"downloading {address}");
                Save(part, directory, Download(address, cancellation));
                return;
            }
            catch (Exception error) when (
                error is HttpRequestException or InvalidDataException or IOException or OperationCanceledException)
            {
                // A cancelled connection may fail with another exception: the cancellation is checked first.
                cancellation.ThrowIfCancellationRequested();
                last = error;
            }
        }

        throw new ScoreException(
            ScoreErrorKind.DataUnavailable,
            $"MNIST is not on this machine and cannot be downloaded ({Reason(last)}); give a folder with "
            + $"the four files as --data DIR or {Mnist.Variable}, copy them to {directory}, or use --dataset strokes",
            last);
    }

    private static string Reason(Exception? error) => error switch
    {
        OperationCanceledException => "no mirror answers in time",
        null => "no mirror is known",
        _ => AtomicFile.OneLine(error.Message),
    };

    private static byte[] Download(Uri address, CancellationToken cancellation)
    {
        using var handler = new SocketsHttpHandler { ConnectTimeout = ConnectTimeout };
        using var client = new HttpClient(handler) { Timeout = FileTimeout, MaxResponseContentBufferSize = LargestFile };
        // Called without a synchronisation context: waiting cannot deadlock.
        return client.GetByteArrayAsync(address, cancellation).GetAwaiter().GetResult();
    }

    // The contents are verified before the file gets its final name.
    private static void Save(MnistPart part, string directory, byte[] zipped)
    {
        var path = Path.Combine(directory, part.FileName + ".gz");
        var candidate = path + ".download";
        try
        {
            AtomicFile.WriteBytes(candidate, zipped);
            if (!IsGood(part, candidate))
            {
                throw new InvalidDataException($"a mirror sent other contents for {part.FileName}.gz");
            }

            File.Move(candidate, path, overwrite: true);
            // A damaged uncompressed copy would be found before the good one.
            File.Delete(Path.Combine(directory, part.FileName));
        }
        finally
        {
            File.Delete(candidate);
        }
    }

    private static bool IsGood(MnistPart part, string path)
    {
        try
        {
            part.Read(path);
            return true;
        }
        catch (ScoreException)
        {
            return false;
        }
    }
}
