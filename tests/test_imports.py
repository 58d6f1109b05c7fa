"""Imports go one way, and nothing heavy is imported at module level."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
# Bottom to top: a module (or folder) imports only what stands before it. "recgym" is the package's own __init__.
ORDER = (
    "arguments", "extras", "registration",
    "writing", "markdown", "compiled", "prefetch", "randomness", "choice", "state", "catalog",
    "items", "courses", "whitening", "encoders", "embedded", "folder", "users", "candidates", "features", "index",
    "limits", "response", "dynamics", "outcome", "reward", "simulator", "fusion", "counters", "observation", "actions",
    "classics", "scenarios", "rendering", "metrics", "sessions", "env", "data",
    "recgym", "logs", "calibration", "described", "testing", "speed", "growth", "scale", "peers", "playground", "cli",
)  # fmt: skip
AT_MODULE_LEVEL = {*sys.stdlib_module_names, "numpy", "numba", "llvmlite", "gymnasium", "recgym"}


def sources(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


def module_of(path: Path, package: str) -> str:
    """The module or folder of a file: recgym/catalog/items.py is "catalog"."""
    first = path.relative_to(ROOT / package).parts[0]
    return package if first == "__init__.py" else first.removesuffix(".py")


def imports(tree: ast.AST, inside_functions: bool = True) -> Iterator[tuple[str, tuple[str, ...]]]:
    """(module, names) of every import; names is empty for `import module`."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, ()) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports are not used here"
            yield node.module or "", tuple(alias.name for alias in node.names)
        elif isinstance(node, ast.If) and ast.unparse(node.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING"):
            continue
        elif inside_functions or not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield from imports(node, inside_functions)


def parsed(source: str) -> ast.Module:
    return ast.parse(source)


def targets(tree: ast.AST) -> set[str]:
    """The modules of recgym that are imported, as they are called in ORDER."""
    found = set()
    for module, names in imports(tree):
        parts = module.split(".")
        if parts[0] != "recgym":
            continue
        if len(parts) > 1:
            found.add(parts[1])
        else:  # from recgym import rendering, Catalog
            found |= {name if name in ORDER else "recgym" for name in names} or {"recgym"}
    return found


def wrong_way(module: str, tree: ast.AST) -> set[str]:
    """What a module imports although it does not stand before it."""
    return {target for target in targets(tree) if target != module and ORDER.index(target) > ORDER.index(module)}


def too_heavy(tree: ast.AST) -> set[str]:
    return {module.split(".")[0] for module, _ in imports(tree, inside_functions=False)} - AT_MODULE_LEVEL


@pytest.mark.parametrize("path", sources("recgym"), ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_of_recgym(path):
    module, tree = module_of(path, "recgym"), parsed(path.read_text())
    assert module in ORDER, f"give {module!r} its place in ORDER, above everything it imports"
    assert targets(tree) <= set(ORDER)
    assert not wrong_way(module, tree), f"{path.name} imports from above; move the code or pass the thing in"
    assert not too_heavy(tree), "import it inside the function that needs it, with the pip install line in the error"
    assert not any(name.split(".")[0] == "baselines" for name, _ in imports(tree)), "recgym knows no agents"


def private_names(tree: ast.AST) -> set[str]:
    """Private names that are defined: functions, classes, variables, attributes, also by object.__setattr__."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            names.add(node.attr)
        elif isinstance(node, ast.Call) and ast.unparse(node.func) == "object.__setattr__":
            names.add(str(getattr(node.args[1], "value", "")))
    return {name for name in names if name.startswith("_") and not name.startswith("__")}


def borrowed(tree: ast.AST, private: set[str]) -> set[str]:
    """Private names of recgym that a module of another package uses."""
    found = set()
    for module, names in imports(tree):
        if module.split(".")[0] == "recgym":
            found |= {name for name in (*module.split("."), *names)
                      if name.startswith("_") and not name.startswith("__")}  # fmt: skip
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in private - private_names(tree):
            if ast.unparse(node.value) not in ("self", "cls"):  # its own, or its library's base class's
                found.add(node.attr)
    return found


@pytest.mark.parametrize("path", sources("baselines"), ids=lambda path: str(path.relative_to(ROOT)))
def test_baselines_use_public_names_only(path):
    private = set().union(*(private_names(parsed(source.read_text())) for source in sources("recgym")))
    assert len(private) > 20
    assert not borrowed(parsed(path.read_text()), private), "make the name public in recgym, or do without it"


def test_every_module_of_the_core_is_where_the_order_says():
    there = {module_of(path, "recgym") for path in sources("recgym")}
    assert {"randomness", "simulator", "env", "registration", "testing", "recgym"} <= there <= set(ORDER)


@pytest.mark.parametrize(("module", "source", "expected"), [
    ("simulator", "from recgym.env import RecEnv", {"env"}),
    ("env", "def f():\n    from recgym import rendering, cli", {"cli"}),
    ("users", "from recgym.randomness import normal\nimport recgym.state", set()),
    ("catalog", "from recgym.catalog.tables import CatalogError", set()),
    ("response", "import recgym", {"recgym"}),
    ("cli", "from recgym import __version__\nfrom recgym.speed import measure", set()),
])  # fmt: skip
def test_the_order_is_enforced(module, source, expected):
    assert wrong_way(module, parsed(source)) == expected


@pytest.mark.parametrize(("source", "expected"), [
    ("import torch.nn", {"torch"}),
    ("try:\n    from matplotlib import pyplot\nexcept ImportError:\n    pass", {"matplotlib"}),
    ("class A:\n    import pandas", {"pandas"}),
    ("def f():\n    import torch", set()),
    ("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import torch", set()),
    ("import numpy.typing\nfrom gymnasium import spaces\nimport os.path", set()),
])  # fmt: skip
def test_heavy_imports_are_found(source, expected):
    assert too_heavy(parsed(source)) == expected


def test_private_names_are_found():
    source = "class A:\n    def __init__(self):\n        self._a = 1\n        object.__setattr__(self, '_b', 2)"
    private = private_names(parsed(source))
    assert private == {"_a", "_b"}
    source = (
        "from recgym.env import _check\n"
        "class B:\n    _b = 1\n    def f(self, env):\n        return env._a, self._b"
    )
    assert borrowed(parsed(source), private) == {"_check", "_a"}
