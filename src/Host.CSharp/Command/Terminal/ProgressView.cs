using System.Diagnostics;
using System.Globalization;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace ScoreFunctional.Host.Terminal;

/// <summary>The form of progress.</summary>
internal enum ProgressMode
{
    /// <summary>A progress bar, on a terminal.</summary>
    Bar,

    /// <summary>A line every 15 seconds, if the error stream is a file or a pipe.</summary>
    Lines,

    /// <summary>No progress, in continuous integration; other messages are printed.</summary>
    Quiet,
}

/// <summary>Progress and messages of a task.</summary>
internal interface IProgressLine
{
    /// <summary>Updates the progress.</summary>
    /// <param name="fraction">Fraction done, in [0, 1].</param>
    /// <param name="figures">Current values, in one short line.</param>
    void Update(double fraction, string figures);

    /// <summary>Prints a message that stays on the screen.</summary>
    /// <param name="line">One line.</param>
    void Say(string line);
}

/// <summary>Shows progress on the error stream, so that the output stream has only results.</summary>
internal static class ProgressView
{
    // The current bar: other messages must be printed through it.
    private static IProgressLine? _shown;

    /// <summary>The mode of this process: a bar on a terminal, no progress in continuous integration, else lines.</summary>
    public static ProgressMode Mode { get; } =
        Environment.GetEnvironmentVariable("CI") is { Length: > 0 } and not ("false" or "0") ? ProgressMode.Quiet
        : System.Console.IsErrorRedirected ? ProgressMode.Lines
        : ProgressMode.Bar;

    /// <summary>Runs a task and shows its progress.</summary>
    /// <param name="title">The task, in one or two words.</param>
    /// <param name="work">The task.</param>
    /// <returns>The result of the task.</returns>
    public static T Run<T>(string title, Func<IProgressLine, T> work) => Mode switch
    {
        ProgressMode.Bar => RunBar(title, work),
        ProgressMode.Lines => work(new PlainLines(title, TimeSpan.FromSeconds(15))),
        _ => work(new PlainLines(title, Timeout.InfiniteTimeSpan)),
    };

    /// <summary>Prints a message that stays on the screen, also during a task.</summary>
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
