"""How long files and functions are, beside what the design asks for. A report: nothing fails on it."""

import ast
from pathlib import Path
from statistics import median, quantiles

ROOMS = ("sojourn", "jobs", "schemas", "expectations", "tests", "bench")
ASKED = {"file": {"median": 60, "p90": 150, "max": 250}, "function": {"p90": 30, "max": 50}}
Length = tuple[int, str]


def files() -> list[Path]:
    """All Python files of the rooms, below the root of the project."""
    root = Path(__file__).parent.parent
    return sorted(p for room in ROOMS for p in (root / room).rglob("*.py"))


def functions(path: Path) -> list[Length]:
    """The length of every function of a file, decorators and docstring included."""
    tree = ast.parse(path.read_text("utf-8"))
    found = [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
    starts = [min([n.lineno, *(d.lineno for d in n.decorator_list)]) for n in found]
    return [((n.end_lineno or s) - s + 1, f"{path}:{s} {n.name}") for n, s in zip(found, starts, strict=True)]


def report(kind: str, lengths: list[Length]) -> None:
    """One line of figures, and the longest that are over the maximum."""
    sizes, asked = [n for n, _ in lengths], ASKED[kind]
    measured = {"median": round(median(sizes)), "p90": round(quantiles(sizes, n=10)[-1]), "max": max(sizes)}
    told = [f"{name} {measured[name]} (asked: {most})" for name, most in asked.items()]
    print(f"{len(sizes)} {kind}s, {sum(sizes):,} lines: {', '.join(told)}")
    for size, where in sorted(lengths, reverse=True):
        if size > asked["max"]:
            print(f"  {size:5}  {where}")


def main() -> None:
    """Code first, then the tests, which may be longer."""
    every = [p.relative_to(Path.cwd()) if p.is_relative_to(Path.cwd()) else p for p in files()]
    for name, some in (
        ("code", [p for p in every if "tests" not in p.parts]),
        ("tests", [p for p in every if "tests" in p.parts]),
    ):
        print(f"{name}:")
        report("file", [(len(p.read_text("utf-8").splitlines()), str(p)) for p in some])
        report("function", [f for p in some for f in functions(p)])


if __name__ == "__main__":
    main()
