"""The rules of the house as functions: text in, faults out (empty when the rule is kept).

Belongs here: what can be said of one file by reading it. Not here: which files are held to which rule (test_architecture.py).
"""

import ast
import re
from collections.abc import Iterable, Iterator

import sqlglot
from sqlglot import exp

# Written so that this line does not match itself.
REGISTRY = re.compile(r"\b(?:pypi[.]org|pythonhosted[.]org|npmjs[.](?:org|com)|crates[.]io|proxy[.]golang[.]org|deb[.]debian[.]org)\b")
_CLOCK_OR_CHANCE = (exp.CurrentDate, exp.CurrentTime, exp.CurrentTimestamp, exp.Rand, exp.Uuid)
_CLOCK_OR_CHANCE_NAMES = {"now", "get_current_timestamp", "transaction_timestamp", "setseed", "gen_random_uuid", "uuidv7"}
_TEXT_CALLS = {"read_text": 0, "write_text": 1, "open": 1}


def imported(source: str, package: str = "") -> set[str]:
    """Every module a source imports, wherever the import stands. package: its own, to resolve `from . import`."""
    return set(_imports(ast.walk(ast.parse(source)), package))


def imported_at_load(source: str, package: str = "") -> set[str]:
    """The modules a source imports at once, when it is itself imported: those outside functions."""
    return set(_imports(_outside_functions(ast.parse(source)), package))


def _outside_functions(node: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield child
            yield from _outside_functions(child)


def _imports(nodes: Iterable[ast.AST], package: str) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parents = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            base = ".".join([*parents, *([node.module] if node.module else [])])
            yield from (base, *(f"{base}.{alias.name}" for alias in node.names))


def is_under(module: str, names: Iterable[str]) -> bool:
    """Whether a module is one of `names`, or lies in one."""
    return any(module == name or module.startswith(f"{name}.") for name in names)


def lint_module(source: str) -> list[str]:
    """A module says what belongs in it, and reads and writes text in one encoding on every system."""
    tree = ast.parse(source)
    faults = [] if ast.get_docstring(tree) else ["no docstring"]
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _opens_text(node) and not any(word.arg == "encoding" for word in node.keywords):
            faults.append(f"line {node.lineno}: text without encoding")
    return faults


def _opens_text(call: ast.Call) -> bool:
    is_method = isinstance(call.func, ast.Attribute)
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if name not in _TEXT_CALLS or (name == "open") == is_method or len(call.args) > _TEXT_CALLS[name] + (name == "open"):
        return False
    mode = [word.value for word in call.keywords if word.arg == "mode"] + call.args[1:2]
    return name != "open" or not any(isinstance(part, ast.Constant) and "b" in str(part.value) for part in mode)


def python_words(source: str) -> set[str]:
    """What a source names: its identifiers and its texts, whole and by word; docstrings and comments are for people and left out."""
    tree = ast.parse(source)
    described = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    docstrings = {id(node.body[0].value) for node in ast.walk(tree) if isinstance(node, described) and _opens_with_text(node)}
    words: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            words |= {node.value, *re.findall(r"[\w.+-]+", node.value)}
        for attribute in ("id", "attr", "arg", "name"):
            text = getattr(node, attribute, None)
            words |= set(text.split("_")) if isinstance(text, str) else set()
    return words


def _opens_with_text(node: ast.AST) -> bool:
    body = getattr(node, "body", [])
    return bool(body) and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant)


def sql_words(sql: str) -> set[str]:
    """What a query names: its literals and its identifiers, whole and by word; comments are left out."""
    words: set[str] = set()
    for tree in sqlglot.parse(sql, read="duckdb"):
        for node in tree.find_all(exp.Literal, exp.Identifier) if tree else ():
            words |= {node.name, *re.findall(r"[^\W_]+", node.name)}
    return words


def lint_sql(sql: str) -> list[str]:
    """The SQL style of docs/design.md."""
    faults = [] if sql.startswith("-- Grain: ") else ["does not open with `-- Grain: …`"]
    statements = [tree for tree in sqlglot.parse(sql, read="duckdb") if tree is not None]
    if len(statements) != 1 or not isinstance(statements[0], exp.Query):
        return [*faults, "is not one SELECT"]
    tree = statements[0]
    if any(not isinstance(star.parent, exp.Count) for star in tree.find_all(exp.Star)):
        faults.append("SELECT *: list the columns")
    unknown = {call.name.lower() for call in tree.find_all(exp.Anonymous)}
    if any(tree.find_all(*_CLOCK_OR_CHANCE)) or unknown & _CLOCK_OR_CHANCE_NAMES:
        faults.append("a clock or chance: two runs would differ")
    if any(not _is_guarded(node.expression) for node in tree.find_all(exp.Div, exp.IntDiv, exp.Mod)):
        faults.append("a division without NULLIF: zero would give infinity or an error")
    if any(str(node.args.get("unit")).strip("'\"").upper() == "YEAR" for node in tree.find_all(exp.DateDiff)):
        faults.append("date_diff in years: engines count them differently")
    return faults


def _is_guarded(divisor: exp.Expression) -> bool:
    while isinstance(divisor, exp.Paren | exp.Cast):
        divisor = divisor.this
    return isinstance(divisor, exp.Nullif) or (isinstance(divisor, exp.Literal) and float(divisor.this) != 0)


def registry_hosts(text: str) -> list[str]:
    """The package registries a text names: a clone must install from wherever its own site says."""
    return REGISTRY.findall(text)
