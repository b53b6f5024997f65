using System.Diagnostics;
using static TorchSharp.torch;

namespace Peer;

/// <summary>What is timed.</summary>
/// <param name="Model">The network, in the setting's format.</param>
/// <param name="Evaluations">Evaluations of the network that a repetition takes.</param>
/// <param name="Once">A repetition, in a scope of its own.</param>
/// <param name="Tried">What a trial of settings times instead, if not a repetition.</param>
internal sealed record Row(Denoiser Model, int Evaluations, Action Once, Action? Tried = null)
{
    /// <summary>Makes a row ready.</summary>
    /// <param name="words">What it is: kind, problem and sizes.</param>
    /// <param name="setting">How it runs.</param>
    public static Row Named(string[] words, Setting setting)
    {
        if (words is not [var kind, var name, .. var rest] || rest.Length == 0)
        {
            throw new ArgumentException($"expected kind, problem and sizes of a row, found {string.Join(' ', words)}", nameof(words));
        }

        var problem = Problem.Named(name);
        var sizes = rest.Select(int.Parse).ToArray();
        return kind switch
        {
            "train" => Training.Denoising(problem, setting, sizes[0]),
            "explicit" => Training.Explicit(problem, setting, sizes[0]),
            "sliced" => Training.Sliced(problem, setting, sizes[0]),
            "draw" => new Drawing(problem, setting, problem.Filled(), sizes[0], sizes is [_, var steps] ? steps : Drawing.UsualSteps).Row(),
            "likelihood" => new Likelihood(problem, setting, sizes[0], sizes[1]).Row(),
            _ => throw new ArgumentException($"expected the name of a row, found {kind}", nameof(words)),
        };
    }

    /// <summary>Seconds that so many repetitions take.</summary>
    public static double Seconds(Action once, int count)
    {
        var clock = Stopwatch.StartNew();
        for (var i = 0; i < count; i++)
        {
            once();
        }

        return clock.Elapsed.TotalSeconds;
    }

    /// <summary>The options that are fastest here, one tried after another and kept where it saves time, and the seconds of their trial.</summary>
    public static (string Options, double Seconds) Choose(string[] words, string mode)
    {
        var candidates = new List<string>();
        if (words[1] != "plane")
        {
            candidates.Add("channels-last");
        }

        if (words[0] == "draw" && int.Parse(words[2]) > Drawing.Part)
        {
            candidates.Add("parts");
        }

        if (words[0] is "train" or "explicit" or "sliced" && mode != "bf16")
        {
            candidates.Add("flat");
        }

        var (chosen, best) = (Array.Empty<string>(), Trial(words, new(mode, [])));
        foreach (var option in candidates)
        {
            string[] options = [.. chosen, option];
            var found = Trial(words, new(mode, options));
            (chosen, best) = found < best ? (options, found) : (chosen, best);
        }

        return (chosen.Length == 0 ? "none" : string.Join('+', chosen), best);
    }

    /// <summary>The least time of three, once warm.</summary>
    public static double Trial(string[] words, Setting setting)
    {
        using var scope = NewDisposeScope();
        var row = Named(words, setting);
        var once = row.Tried ?? row.Once;
        for (var i = 0; i < 3 && Seconds(once, 1) < 0.5; i++)
        {
        }

        return Enumerable.Range(0, 3).Min(_ => Seconds(once, 1));
    }
}
