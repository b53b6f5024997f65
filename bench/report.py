"""What bench/run and bench/quality write alike: Markdown, and the machine, commit and date of their figures."""
import datetime
import os
import pathlib
import platform
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent


def processor(key, default=""):
    with open("/proc/cpuinfo") as info:
        return next((line.split(":")[1].strip() for line in info if line.startswith(key)), default)


def duration(seconds):
    return f"{seconds:.2f} s" if seconds >= 1 else f"{1e3 * seconds:.3g} ms" if seconds >= 1e-3 else f"{1e6 * seconds:.3g} µs"


def line(cells):
    return "| " + " | ".join(cells) + " |"


def table(header, lines):
    return "\n".join(map(line, [header, ["---"] * len(header), *lines]))


def block(name, *parts):
    """Parts between the markers by which docs/update.sh finds them."""
    return f"<!-- {name}: begin -->\n" + "\n\n".join(parts) + f"\n<!-- {name}: end -->"


def commit(folder=ROOT):
    found = subprocess.run(["git", "-C", str(folder), "rev-parse", "--short", "HEAD"], capture_output=True, text=True)
    return found.stdout.strip() or "unknown"


def cores():
    wide = [flag for flag in ("avx2", "avx512f", "avx512_bf16") if flag in processor("flags").split()]
    return f"{processor('model name', platform.processor())}, {len(os.sched_getaffinity(0))} cores ({' '.join(wide)})"


def stamp():
    """Date, commit and machine in a few words, for a table that stands alone."""
    return f"{datetime.date.today()}, commit {commit()}, {cores()}"


def machine():
    """Date, commit and machine in three lines, for a whole document."""
    packages = dict(re.findall(r"^\s*nuget (\S+) (\S+)", (ROOT / "paket.dependencies").read_text(), re.MULTILINE))
    runtime = subprocess.run(["dotnet", "--list-runtimes"], capture_output=True, text=True).stdout
    dotnet = max(re.findall(r"Microsoft\.NETCore\.App (\S+)", runtime), default="of unknown version")
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return [
        f"{datetime.date.today()}, commit {commit()}; load before: {os.getloadavg()[0]:.2f}",
        f"{cores()}, {memory:.0f} GiB, {platform.system()} {re.match('[0-9.]+', platform.release()).group().strip('.')}",
        f".NET {dotnet}, TorchSharp {packages['TorchSharp']}, libtorch {packages['libtorch-cpu-linux-x64']}",
    ]
