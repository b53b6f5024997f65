using System.Diagnostics;
using System.Globalization;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace ScoreFunctional.Host.Terminal;

/// <summary>How progress is shown.</summary>
internal enum ProgressMode
{
    /// <summary>A bar that moves, on a terminal.</summary>
    Bar,

    /// <summary>A plain line now and then, where the output is a file or a pipe.</summary>
    Lines,

    /// <summary>Nothing: continuous integration keeps what the command itself says.</summary>
    Quiet,
}

/// <summary>What a piece of work tells the person who waits for it.</summary>
internal interface IProgressLine
{
    /// <summary>Says how far the work is.</summary>
    /// <param name="fraction">Part done, in [0, 1].</param>
    /// <param name="figures">The figures of the moment, on one short line.</param>
    void Update(double fraction, string figures);

    /// <summary>Says something that stays on the screen.</summary>
    /// <param name="line">One line.</param>
    void Say(string line);
}

/// <summary>Shows progress on the error stream, so that the output stream carries results only.</summary>
internal static class ProgressView
{
    // A line between two frames of a moving bar has to go through it.
    private static IProgressLine? _shown;

    /// <summary>The mode that suits this process: a bar on a terminal, nothing in continuous integration, else lines.</summary>
    public static ProgressMode Mode { get; } =
        Environment.GetEnvironmentVariable("CI") is { Length: > 0 } and not ("false" or "0") ? ProgressMode.Quiet
        : System.Console.IsErrorRedirected ? ProgressMode.Lines
        : ProgressMode.Bar;

    /// <summary>Does a piece of work and shows how far it is.</summary>
    /// <param name="title">What is being done, in a word or two.</param>
    /// <param name="work">The work.</param>
    /// <returns>What the work returns.</returns>
    public static T Run<T>(string title, Func<IProgressLine, T> work) => Mode switch
    {
        ProgressMode.Bar => RunBar(title, work),
        ProgressMode.Lines => work(new PlainLines(title, TimeSpan.FromSeconds(15))),
        _ => work(new PlainLines(title, Timeout.InfiniteTimeSpan)),
    };

    /// <summary>Says something that stays on the screen, whatever is being done.</summary>
    /// <param name="line">One line.</param>
    public static void Say(string line)
    {
        if (_shown is { } shown)
        {
            shown.Say(line);
        }
        else
        {
            System.Console.Error.WriteLine(line);
        }
    }

    private static T RunBar<T>(string title, Func<IProgressLine, T> work)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(System.Console.Error) });
        var figures = new FiguresColumn();
        return console.Progress()
            .AutoClear(false)
            .HideCompleted(false)
            .Columns(
                new TaskDescriptionColumn { Alignment = Justify.Left },
                new ProgressBarColumn { Width = 24 },
                new PercentageColumn(),
                figures)
            .Start(context =>
            {
                var bar = new Bar(console, context.AddTask(title, maxValue: 1), figures);
                _shown = bar;
                try
                {
                    return work(bar);
                }
                finally
                {
                    _shown = null;
                }
            });
    }

    private sealed class Bar(IAnsiConsole console, ProgressTask task, FiguresColumn figures) : IProgressLine
    {
        public void Update(double fraction, string text)
        {
            figures.Text = text;
            task.Value = fraction;
        }

        public void Say(string line) => console.WriteLine(line);
    }

    private sealed class FiguresColumn : ProgressColumn
    {
        public string Text { get; set; } = "";

        protected override bool NoWrap => true;

        public override IRenderable Render(RenderOptions options, ProgressTask task, TimeSpan deltaTime) => new Text(Text);
    }

    private sealed class PlainLines(string title, TimeSpan every) : IProgressLine
    {
        private readonly Stopwatch _sinceLine = Stopwatch.StartNew();
        private string _last = "";

        public void Update(double fraction, string figures)
        {
            if (every == Timeout.InfiniteTimeSpan || (_sinceLine.Elapsed < every && fraction < 1))
            {
                return;
            }

            var line = string.Create(CultureInfo.InvariantCulture, $"{title} {fraction,4:0%}  {figures}");
            if (line != _last)
            {
                System.Console.Error.WriteLine(line);
            }

            _last = line;
            _sinceLine.Restart();
        }

        public void Say(string line) => System.Console.Error.WriteLine(line);
    }
}
