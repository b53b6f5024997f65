"""The sides of bench/run: processes that time repetitions of a row on demand, and how they take turns."""
import os
import pathlib
import re
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent


def built(root, project, assembly):
    return ["dotnet", str(root / "artifacts" / "bin" / project / "release" / f"{assembly}.dll")]


def worker(root):
    return built(root, "Worker", "ScoreFunctional.Bench")


PEER = built(ROOT, "Peer", "Peer")

# By how much of the largest output those of the same weights and inputs may differ from ours.
TOLERANCE = {"stock": 1e-4, "tuned": 1e-4, "bf16": 5e-2}

# All sides start from an environment without anybody's settings.
SETTINGS = re.compile(r"^(OPENBLAS|OMP|GOMP|KMP|MKL|MALLOC|DNNL|ONEDNN|ATEN|GLIBC_TUNABLES|LD_PRELOAD|SCORE_)")

# Of these tuned has what a trial finds faster: the allocator's blocks in large pages, and how idle threads wait, asleep, as a
# busy machine rewards, or awake for a moment, as ours do.
POLICIES = {
    "huge-pages": {"GLIBC_TUNABLES": "glibc.malloc.hugetlb=1"},
    "passive": {"OMP_WAIT_POLICY": "passive"},
    "brief": {"GOMP_SPINCOUNT": "5000"},
}


def environment(chosen=""):
    clean = {name: value for name, value in os.environ.items() if not SETTINGS.match(name)}
    for option in chosen.split("+"):
        clean.update(POLICIES.get(option, {}))
    return clean


class Unmeasured(Exception):
    """Why a row has no figures; the others go on."""


class Contender:
    """A process that times repetitions of a row on demand."""

    def __init__(self, side, command, words, chosen=""):
        self.side, self.chosen, self.seconds = side, chosen, []
        self.process = subprocess.Popen([*command, *words.split()], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                        env=environment(chosen))
        self.parameters, self.evaluations = map(int, self.answer().split())

    def answer(self):
        line = self.process.stdout.readline()
        if not line:
            raise Unmeasured(f"{self.side} ended early, with status {self.process.wait()}")
        return line

    def ask(self, words):
        self.process.stdin.write(f"{words}\n")
        self.process.stdin.flush()
        return [float(word) for word in self.answer().split()]

    def time(self, count=1):
        return self.ask(count)[0] / count

    def end(self):
        self.memory, = self.ask("end")
        self.process.wait()


def contender(side, words, chosen="none"):
    """Ours, or a peer with its options."""
    return Contender(side, worker(ROOT), words) if side == "ours" else Contender(side, [*PEER, side, chosen], words, chosen)


def choose(side, words):
    """The options that trials in processes of their own found fastest: their memory is not the contender's."""
    if side == "stock":
        return "none"

    def asked(task, policies=""):
        trial = subprocess.run([*PEER, side, *task, *words.split()], stdout=subprocess.PIPE, text=True, env=environment(policies))
        if trial.returncode:
            raise Unmeasured(f"a trial of {side} ended with status {trial.returncode}")
        return trial.stdout.split()

    options, seconds = asked(["choose"])
    for policy in POLICIES:
        more = f"{options}+{policy}"
        found, = asked(["trial", more], more)
        if float(found) < float(seconds):
            options, seconds = more, found
    return options


AGREED = {}


def outputs(side, network, chosen):
    """What a network makes of given weights and inputs: asked once, of a process of its own, since what the comparison takes is
    not what a row takes."""
    if (side, network, chosen) not in AGREED:
        asked = contender(side, f"train {network} 4", chosen)
        AGREED[side, network, chosen] = asked.ask("check")
        asked.end()
    return AGREED[side, network, chosen]


def agree(side, network, chosen):
    """The networks of both sides do the same."""
    mine, theirs = outputs("ours", network, "none"), outputs(side, network, chosen)
    difference = max(abs(a - b) for a, b in zip(mine, theirs, strict=True)) / max(map(abs, mine))
    if not difference < TOLERANCE[side]:
        raise Unmeasured(f"the outputs of ours and {side} differ by {difference:.1e} of the largest")


def same(contenders):
    """The contenders, found to take as much for a repetition."""
    first, *others = contenders
    for c in others:
        if (c.parameters, c.evaluations) != (first.parameters, first.evaluations):
            raise Unmeasured(f"expected {first.parameters} parameters and {first.evaluations} evaluations, "
                             f"found {c.parameters} and {c.evaluations} of {c.side}")
    return contenders


def beside(words, peers):
    """Ours and its peers in a row, ready and found to do the same."""
    ours = contender("ours", words)
    # How many evaluations a likelihood takes is for its tolerance to say: the others are told.
    told = f"{words} {ours.evaluations}" if words.startswith("likelihood") else words
    contenders = [ours]
    for side in peers:
        chosen = choose(side, told)
        agree(side, words.split()[1], chosen)
        contenders.append(contender(side, told, chosen))
    return same(contenders)


def versions(words, folder):
    """The same row of another version, built in a folder, and of this one."""
    try:
        before = Contender("before", worker(folder), words)
    except Unmeasured:
        raise Unmeasured("the version before has no such row") from None
    return same([before, contender("ours", words)])


def measure(contenders, rounds, target):
    """Each contender's seconds a repetition over the rounds, in turns of about the seconds given."""
    counts = {}
    for c in contenders:
        # Warm, since who trains takes thousands of steps: .NET compiles a method again when it has been called thirty times.
        warm, spent, last = 0, 0.0, 0.0
        while warm == 0 or (last < 2 and (warm < 3 or spent < 8 * target) and warm < 5000):
            last = c.time()
            warm, spent = warm + 1, spent + last
        counts[c] = (max(1, round(target / last)), last)
    if sum(last for _, last in counts.values()) > 10:
        rounds = min(rounds, 3)
    for i in range(rounds):
        first = i % len(contenders)
        for c in contenders[first:] + contenders[:first]:
            c.seconds.append(c.time(counts[c][0]))
            # The threads of the one before go to sleep.
            time.sleep(0.05)
    for c in contenders:
        c.end()
    return {c.side: c for c in contenders}
