using ScoreFunctional.Host.Files;

namespace ScoreFunctional.Host.Checkpoints;

/// <summary>
/// Checkpoints as <c>.pt</c> files: zip archives of a pickle and the bytes of the tensors, which <c>torch.load</c> opens. Also
/// reads files that <c>torch.save</c> wrote, if they hold only plain data and tensors.
/// </summary>
internal static class CheckpointFile
{
    private const string Folder = "archive/";

    // Limits on reading, so that a small file cannot take much memory. An operation of a pickle makes at most one value, of about
    // 150 bytes; one of our tensors takes about 30 operations. Every value may belong to two tensors.
    private const int Operations = 1 << 19;
    private const int BytesPerOperation = 128;
    private const int ViewsPerByte = 2;

    /// <summary>Writes a checkpoint atomically: the previous file stays until the new one is complete.</summary>
    /// <param name="path">Path of the file.</param>
    /// <param name="value">The contents; tensors are not copied.</param>
    /// <exception cref="ScoreException">The file cannot be written.</exception>
    public static void Save(string path, CheckpointValue value)
    {
        var (pickle, storages) = PickleWriter.Encode(value);
        AtomicFile.Write(path, stream =>
        {
            var archive = new StoredZipWriter(stream);
            archive.Add(Folder + "data.pkl", pickle);
            archive.Add(Folder + "byteorder", "little"u8);
            for (var i = 0; i < storages.Count; i++)
            {
                archive.Add($"{Folder}data/{i}", storages[i].Bytes);
            }

            archive.Add(Folder + "version", "3\n"u8);
            archive.Finish();
        });
    }

    /// <summary>Reads a checkpoint. Runs no code from the file.</summary>
    /// <param name="path">The file.</param>
    /// <returns>The dictionary in the file.</returns>
    /// <exception cref="ScoreException">
    /// The file is missing, damaged, or holds anything but plain data and tensors in a dictionary.
    /// </exception>
    public static CheckpointDictionary Load(string path) => Read(path, root =>
    {
        Fetch(root);
        return root;
    });

    /// <summary>Reads a part of a checkpoint. Other tensors take no memory.</summary>
    /// <typeparam name="T">The type of the result.</typeparam>
    /// <param name="path">The file.</param>
    /// <param name="use">Makes the result from the dictionary, whose tensors can be read until it returns.</param>
    /// <param name="verify">Whether the checksums of tensors that <paramref name="use"/> does not read are verified too.</param>
    /// <exception cref="ScoreException">
    /// The file is missing, damaged, or holds anything but plain data and tensors in a dictionary.
    /// </exception>
    public static T Read<T>(string path, Func<CheckpointDictionary, T> use, bool verify = true) => InputFile.Read(path, stream =>
    {
        var archive = new StoredZipReader(stream, path);
        var pickle = NameOfPickle(archive, path);
        var storages = new TensorStorages(archive, pickle[..^"data.pkl".Length], path, ViewsPerByte * stream.Length);
        var operations = Operations + stream.Length / BytesPerOperation;
        var value = PickleReader.Decode(ReadEntry(archive, pickle, path), storages, operations, path);
        var root = value as CheckpointDictionary
            ?? throw new ScoreException($"{path}: expected a dictionary, found {value.Kind}");
        var result = use(root);
        if (verify)
        {
            foreach (var name in archive.Names.Except(storages.Read).Where(name => name != pickle))
            {
                archive.Verify(name);
            }
        }

        return result;
    });

    private static string NameOfPickle(StoredZipReader archive, string path)
    {
        var pickles = archive.Names.Where(name => name == "data.pkl" || name.EndsWith("/data.pkl", StringComparison.Ordinal));
        if (pickles.ToList() is not [var pickle])
        {
            throw new ScoreException($"{path}: expected one data.pkl in the archive, found {pickles.Count()}");
        }

        var order = pickle[..^"data.pkl".Length] + "byteorder";
        return archive.Length(order) is null || ReadEntry(archive, order, path).AsSpan().SequenceEqual("little"u8)
            ? pickle
            : throw new ScoreException($"{path}: expected the byte order 'little', found another");
    }

    // Reads the values of all tensors.
    private static void Fetch(CheckpointValue value)
    {
        switch (value)
        {
            case CheckpointTensor tensor:
                _ = tensor.Bytes;
                break;
            case CheckpointList list:
                foreach (var item in list.Items)
                {
                    Fetch(item);
                }

                break;
            case CheckpointDictionary dictionary:
                foreach (var (_, entry) in dictionary)
                {
                    Fetch(entry);
                }

                break;
        }
    }

    private static byte[] ReadEntry(StoredZipReader archive, string name, string path)
    {
        var length = archive.Length(name)!.Value;
        if (length > Array.MaxLength)
        {
            throw new ScoreException($"{path}: expected {name} below 2 GiB, found {length} bytes");
        }

        var bytes = new byte[length];
        archive.Read(name, bytes);
        return bytes;
    }
}
