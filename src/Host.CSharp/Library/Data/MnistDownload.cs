using ScoreFunctional.Host.Files;

namespace ScoreFunctional.Host.Data;

/// <summary>Fetches the MNIST files from public mirrors of the data.</summary>
internal static class MnistDownload
{
    // The mirrors that torchvision and TensorFlow's examples use; the site of the authors no longer serves the files.
    private static readonly string[] PublicMirrors =
    [
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
    ];

    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(10);

    // Ten megabytes over a slow line; a mirror that stalls must not hold a run for longer.
    private static readonly TimeSpan FileTimeout = TimeSpan.FromMinutes(3);
    private const long LargestFile = 32 << 20;

    /// <summary>Fetches one file into a folder unless a good copy is there.</summary>
    /// <param name="part">Which file.</param>
    /// <param name="directory">The folder; created when missing.</param>
    /// <param name="report">Told in one line what is being fetched.</param>
    /// <param name="cancellation">Stops the download; nothing is left behind.</param>
    /// <param name="mirrors">Addresses to try in order, each with a slash at its end; the public ones by default.</param>
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
                report?.Invoke($"fetching {address}");
                Save(part, directory, Download(address, cancellation));
                return;
            }
            catch (Exception error) when (
                error is HttpRequestException or InvalidDataException or IOException or OperationCanceledException)
            {
                // A connection that breaks since it was given up says so in words of its own.
                cancellation.ThrowIfCancellationRequested();
                last = error;
            }
        }

        throw new ScoreException(
            ScoreErrorKind.DataUnavailable,
            $"MNIST is neither on this machine nor can it be downloaded ({Reason(last)}); name a folder with "
            + $"the four files by --data DIR or {Mnist.Variable}, copy them to {directory}, or use --dataset strokes",
            last);
    }

    private static string Reason(Exception? error) => error switch
    {
        OperationCanceledException => "the mirrors do not answer in time",
        null => "no mirror is known",
        _ => AtomicFile.OneLine(error.Message),
    };

    private static byte[] Download(Uri address, CancellationToken cancellation)
    {
        using var handler = new SocketsHttpHandler { ConnectTimeout = ConnectTimeout };
        using var client = new HttpClient(handler) { Timeout = FileTimeout, MaxResponseContentBufferSize = LargestFile };
        // The host is a console program without a synchronisation context, so that waiting here cannot deadlock.
        return client.GetByteArrayAsync(address, cancellation).GetAwaiter().GetResult();
    }

    // The contents are checked before they get the name under which later runs trust them.
    private static void Save(MnistPart part, string directory, byte[] zipped)
    {
        var path = Path.Combine(directory, part.FileName + ".gz");
        var candidate = path + ".download";
        try
        {
            AtomicFile.Write(candidate, stream => stream.Write(zipped));
            if (!IsGood(part, candidate))
            {
                throw new InvalidDataException($"a mirror sent other contents for {part.FileName}.gz");
            }

            AtomicFile.WriteBytes(path, zipped);
            // A damaged plain copy would be preferred to the good one.
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
