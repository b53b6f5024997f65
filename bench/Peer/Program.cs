using System.Globalization;
using Peer;

// The other side of bench/run: the same networks in plain TorchSharp.
//
//     Peer MODE OPTIONS ROW...                    serves a row: answers each number read with the seconds that as many repetitions
//                                                 took, `check` with outputs of its network, `end` with its peak memory in MiB
//     Peer MODE choose ROW...                     prints the options that are fastest here, by a trial of each, and the time
//     Peer MODE trial OPTIONS ROW...              prints the time of a trial of these options
//     Peer MODE OPTIONS sample CHECKPOINT PNG     draws 16 digits from a checkpoint and writes the picture
//
// MODE is stock, tuned or bf16; OPTIONS are joined by + (or none): see Setting.
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
new Setting(args[0], []).KeepMemory();
switch (args)
{
    case [var mode, "choose", .. var words]:
        var (options, seconds) = Row.Choose(words, mode);
        Console.WriteLine($"{options} {seconds:R}");
        break;
    case [var mode, "trial", var names, .. var words]:
        Console.WriteLine($"{Row.Trial(words, new(mode, names.Split('+'))):R}");
        break;
    case [var mode, var names, "sample", var checkpoint, var picture]:
        Sample.Write(new(mode, names.Split('+')), checkpoint, picture);
        break;
    case [var mode, var names, .. var words]:
        Serve(new(mode, names.Split('+')), words);
        break;
}

static void Serve(Setting setting, string[] words)
{
    var row = Row.Named(words, setting);
    Console.WriteLine($"{row.Model.parameters().Sum(p => p.numel())} {row.Evaluations}");
    while (Console.ReadLine() is { } request && request != "end")
    {
        Console.WriteLine(request == "check"
            ? string.Join(' ', Outputs(Problem.Named(words[1]), setting).Select(value => value.ToString("R")))
            : Row.Seconds(row.Once, int.Parse(request)).ToString("R"));
    }

    var peak = File.ReadLines("/proc/self/status").First(line => line.StartsWith("VmHWM:"));
    Console.WriteLine($"{double.Parse(peak.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]) / 1024:F1}");
}

// Through the setting as a step would go, the views of a flat vector too. With these weights what comes out of every layer counts.
static float[] Outputs(Problem problem, Setting setting)
{
    var model = setting.Apply(problem.Filled(1f));
    if (setting.Has("flat"))
    {
        _ = Update.Of(setting, model);
    }

    return problem.Outputs(model);
}
