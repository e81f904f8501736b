"""Notebooks with hidden state planted in them, and clean ones that look suspicious: every planted one is found, no clean one marked."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Make = Callable[..., Any]
LOAD = "import pandas as pd\ndf = pd.DataFrame({'a': [1, 2, 3], 'b': [4, 5, 6]})"


def swapped(make: Make) -> Any:
    return make(low="limit = 1", high="limit = 2", run="y = limit").run("high", "low", "run"), "out_of_order"


def below(make: Make) -> Any:
    return make(run="y = scale * 2", later="scale = 3").run("later", "run"), "out_of_order"


def skipped(make: Make) -> Any:
    return make(load=LOAD, clean="df = df[df.a > 1]", run="n = len(df)").run("load", "run"), "out_of_order"


def skipped_in_place(make: Make) -> Any:
    return make(load=LOAD, add="df['c'] = df.a * 2", run="n = df.a.sum()").run("load", "run"), "out_of_order"


def twice(make: Make) -> Any:
    return make(a="x = 1", step="x = x + 1", run="y = x").run("a", "step", "step", "run"), "out_of_order"


def twice_in_place(make: Make) -> Any:
    return make(a="rows = []", step="rows.append(1)", run="n = len(rows)").run(
        "a", "step", "step", "run"
    ), "out_of_order"


def twice_frame(make: Make) -> Any:
    cells = make(load=LOAD, half="df['a'] /= 2", run="m = df.a.mean()")
    return cells.run("load", "half", "half", "run"), "out_of_order"


def edited(make: Make) -> Any:
    return make(a="x = 1", run="y = x").run("a").edit("a", "x = 2").run("run"), "edited"


def edited_function(make: Make) -> Any:
    made = make(f="def f(v):\n    return v + 1", x="x = 1", run="y = f(x)").run("f", "x")
    return made.edit("f", "def f(v):\n    return v + 2").run("run"), "edited"


def edited_far_away(make: Make) -> Any:
    made = make(a="base = 1", b="mid = base + 1", c="top = mid + 1", run="y = top").run("a", "b", "c")
    return made.edit("a", "base = 5").run("run"), "edited"


def deleted(make: Make) -> Any:
    return make(a="x = 1", run="y = x").run("a").delete("a").run("run"), "deleted"


def deleted_change(make: Make) -> Any:
    made = make(load=LOAD, drop="df.drop(columns=['b'], inplace=True)", run="w = df.shape[1]").run("load", "drop")
    return made.delete("drop").run("run"), "deleted"


def deleted_import(make: Make) -> Any:
    return make(i="import math", run="y = math.pi").run("i").delete("i").run("run"), "deleted"


def console(make: Make) -> Any:
    return make(a="x = 1", run="y = x").run("a").console("x = 7").run("run"), "deleted"


def global_in_function(make: Make) -> Any:
    made = make(k="rate = 1", f="def f(v):\n    return v * rate", x="x = 2", k2="rate = 9", run="y = f(x)")
    return made.run("k", "f", "x", "run"), "out_of_order"


def global_through_functions(make: Make) -> Any:
    made = make(k="rate = 1", g="def g():\n    return rate", f="def f():\n    return g()", run="y = f()").run(
        "k", "g", "f"
    )
    return made.edit("k", "rate = 2").run("run"), "edited"


def method_uses_global(make: Make) -> Any:
    made = make(
        k="rate = 1", c="class M:\n    def fit(self):\n        return rate", m="m = M()", run="y = m.fit()"
    ).run("k", "c", "m")
    return made.edit("k", "rate = 3").run("run"), "edited"


def function_changes_argument(make: Make) -> Any:
    made = make(load=LOAD, f="def add(d):\n    d['c'] = 1", call="add(df)", run="w = df.shape[1]").run(
        "load", "f", "call"
    )
    return made.delete("call").run("run"), "deleted"


ADD = "def add(d):\n    d['c'] = 1"


def function_hands_argument_on(make: Make) -> Any:
    made = make(load=LOAD, add=ADD, f="def prepare(frame):\n    add(frame)", call="prepare(df)", run="w = df.shape[1]")
    return made.run("load", "add", "f", "call").delete("call").run("run"), "deleted"


def function_hands_argument_on_in_its_own_cell(make: Make) -> Any:
    f = f"{ADD}\ndef prepare(frame):\n    add(d=frame)\nprepare(df)"
    return make(load=LOAD, f=f, run="w = df.shape[1]").run("load", "f").edit("f", ADD).run("run"), "edited"


def function_hands_global_on(make: Make) -> Any:
    made = make(load=LOAD, add=ADD, f="def prepare():\n    add(df)", call="prepare()", run="w = df.shape[1]")
    return made.run("load", "add", "f", "call").delete("call").run("run"), "deleted"


def function_changes_argument_by_another_name(make: Make) -> Any:
    f = "def add(d, sure):\n    if sure:\n        same = d\n    else:\n        same = d.copy()\n    same['c'] = 1"
    made = make(load=LOAD, f=f, call="add(df, True)", run="w = df.shape[1]").run("load", "f", "call")
    return made.delete("call").run("run"), "deleted"


def function_changes_one_of_any_arguments(make: Make) -> Any:
    made = make(load=LOAD, f="def add(**frames):\n    frames['d']['c'] = 1", call="add(d=df)", run="w = df.shape[1]")
    return made.run("load", "f", "call").delete("call").run("run"), "deleted"


def function_that_counts(make: Make) -> Any:
    count = "def counter():\n    n = 0\n    def up():\n        nonlocal n\n        n += 1\n        return n\n    return up\nup = counter()"
    return make(c=count, step="up()", run="y = up()").run("c", "step", "step", "run"), "out_of_order"


def function_that_collects(make: Make) -> Any:
    keep = "def keeper():\n    kept = []\n    def keep(v):\n        kept.append(v)\n        return len(kept)\n    return keep\nkeep = keeper()"
    return make(c=keep, step="keep(1)", run="y = keep(2)").run("c", "step", "step", "run"), "out_of_order"


def function_changes_global(make: Make) -> Any:
    made = make(a="seen = []", f="def note(v):\n    seen.append(v)", call="note(1)", run="n = len(seen)")
    return made.run("a", "f", "call", "call", "run"), "out_of_order"


def alias(make: Make) -> Any:
    made = make(load=LOAD, same="view = df", add="view['c'] = 1", run="w = df.shape[1]").run("load", "same", "add")
    return made.delete("add").run("run"), "deleted"


def part_of_a_dictionary(make: Make) -> Any:
    made = make(
        a="options = {'grid': [1]}", part="grid = options['grid']", add="grid.append(2)", run="n = len(options['grid'])"
    )
    return made.run("a", "part", "add", "add", "run"), "out_of_order"


def seeded_numbers(make: Make) -> Any:
    made = make(s="import numpy as np\nnp.random.seed(0)", draw="noise = np.random.rand(3)", run="y = np.random.rand()")
    return made.run("s", "draw", "draw", "run"), "out_of_order"


def own_generator(make: Make) -> Any:
    made = make(
        s="import numpy as np\nrng = np.random.default_rng(0)", draw="print(rng.normal())", run="y = rng.normal()"
    )
    return made.run("s", "draw", "draw", "run"), "out_of_order"


def iterator(make: Make) -> Any:
    return make(a="it = iter(range(9))", step="first = next(it)", run="y = list(it)").run(
        "a", "step", "step", "run"
    ), "out_of_order"


def shuffled(make: Make) -> Any:
    made = make(a="import random\nrows = [1, 2, 3]", mix="random.shuffle(rows)", run="y = rows[0]").run("a", "mix")
    return made.delete("mix").run("run"), "deleted"


def loop_variable(make: Make) -> Any:
    return make(loop="for depth in (1, 2, 3):\n    pass", a="depth = 5", run="y = depth").run(
        "a", "loop", "run"
    ), "out_of_order"


def fitted_elsewhere(make: Make) -> Any:
    model = "class Model:\n    def fit(self, x):\n        self.x = x\nmodel = Model()"
    made = make(m=model, fit="model.fit(1)", run="y = model.x").run("m", "fit")
    return made.edit("fit", "model.fit(2)").run("run"), "edited"


def unknown_name(make: Make) -> Any:
    made = make(run="y = given")
    made._shell.user_ns["given"] = 3
    return made.run("run"), "unknown"


def executed_text(make: Make) -> Any:
    return make(e="code = 'x = 4'\nexec(code)", run="y = x").run("e", "run"), "unknown"


def other_file(make: Make) -> Any:
    Path("more.py").write_text("x = 4\n")
    return make(e="%run more.py", run="y = x").run("e", "run"), "unknown"


def last_output(make: Make) -> Any:
    return make(a="1 + 1", run="y = _").run("a", "run"), "unknown"


def half_failed(make: Make) -> Any:
    made = make(a="x = 1", b="x = 2\nraise ValueError", run="y = x").run("a").run("b", fails=True)
    return made.run("run"), "unknown"


def written_file(make: Make) -> Any:
    made = make(w="with open('rows.txt', 'w') as f:\n    _ = f.write('1')", run="y = open('rows.txt').read()").run("w")
    return made.edit("w", "with open('rows.txt', 'w') as f:\n    _ = f.write('2')").run("run"), "edited"


def deletion(make: Make) -> Any:
    made = make(a="import os\nlimit = 1", d="limit = 2", run="y = limit").run("a", "d").console("limit = 1")
    return made.run("run"), "deleted"


def two_loads(make: Make) -> Any:
    made = make(l="import random\nrows = random.sample(range(100), 5)", x="x = rows[0]", run="y = (x, rows)")
    return made.run("l", "x", "l", "run"), "out_of_order"


def widget(make: Make) -> Any:
    return make(a="limit = 1", run="y = limit").run("a").meddle("limit", 2).run("run"), "unknown"


PLANTED = [
    swapped, below, skipped, skipped_in_place, twice, twice_in_place, twice_frame, edited, edited_function, edited_far_away, deleted,
    deleted_change, deleted_import, console, global_in_function, global_through_functions, method_uses_global,
    function_changes_argument, function_changes_global, alias, part_of_a_dictionary, seeded_numbers, own_generator, iterator, shuffled,
    loop_variable, fitted_elsewhere, unknown_name, executed_text, other_file, last_output, half_failed, written_file, deletion, two_loads,
    widget, function_hands_argument_on, function_hands_argument_on_in_its_own_cell, function_hands_global_on,
    function_changes_argument_by_another_name, function_changes_one_of_any_arguments, function_that_counts, function_that_collects,
]  # fmt: skip


@pytest.mark.parametrize("plant", PLANTED, ids=lambda plant: plant.__name__)
def test_hidden_state_is_found_and_named(notebook: Make, plant: Callable[[Make], Any]) -> None:
    made, expected = plant(notebook)
    found = made.judge()
    assert found.reproducible == expected, found.reasons
    assert found.reasons


def test_what_changes_between_two_cells_is_said_with_the_name(notebook: Make) -> None:
    made, _ = widget(notebook)
    assert made.judge().reasons == ["limit changed between two cells: by a widget, a thread or another client."]


def top_to_bottom(make: Make) -> Any:
    return make(load=LOAD, clean="df = df[df.a > 1]", f="def n(d):\n    return len(d)", run="y = n(df)").run(
        "load", "clean", "f", "run"
    )


def looked_at_again(make: Make) -> Any:
    cells = make(load=LOAD, look="df.head()", shape="df.shape", run="y = df.a.sum()")
    return cells.run("load", "look", "shape", "look", "look").edit("look", "df.tail()").run("look", "run")


def run_again_and_again(make: Make) -> Any:
    cells = make(load=LOAD, run="depth = 1\ny = df.a.sum() * depth").run("load", "run")
    return (
        cells.edit("run", "depth = 2\ny = df.a.sum() * depth")
        .run("run")
        .edit("run", "depth = 3\ny = df.a.sum()")
        .run("run")
    )


def import_added_on_top_later(make: Make) -> Any:
    cells = make(x="x = 4", run="y = math.sqrt(x)").run("x")
    cells.cells = {"i": "import math", **cells.cells}
    return cells.run("i", "run")


def independent_cells_swapped(make: Make) -> Any:
    return make(a="a = 1", b="b = 2", run="y = a + b").run("b", "a", "run")


def scratch_deleted(make: Make) -> Any:
    cells = make(
        load=LOAD, scratch="tmp = df.copy()\ntmp['z'] = 1\ntmp.drop(columns=['a'], inplace=True)", run="y = df.a.sum()"
    )
    return cells.run("load", "scratch").delete("scratch").run("run")


def reformatted(make: Make) -> Any:
    cells = make(a="x=1  # one", run="y = x").run("a")
    return cells.edit("a", "# first\nx = 1").run("run")


def failed_and_mended(make: Make) -> Any:
    cells = make(a="x = 1\nraise ValueError", run="y = x").run("a", fails=True)
    return cells.edit("a", "x = 1").run("a", "run")


def defined_again(make: Make) -> Any:
    cells = (
        make(f="def f(v):\n    return v + 1", run="y = f(1)").run("f", "run").edit("f", "def f(v):\n    return v + 2")
    )
    return cells.run("f", "run")


def unseeded(make: Make) -> Any:
    cells = make(i="import numpy as np", draw="print(np.random.rand())", run="y = np.random.rand()")
    return cells.run("i", "draw", "draw", "run")


def other_model_fitted_twice(make: Make) -> Any:
    model = "class Model:\n    def fit(self, x):\n        self.x = x\n        return self"
    cells = make(m=model, load=LOAD, one="one = Model()\none.fit(df)", run="two = Model().fit(df)")
    return cells.run("m", "load", "one", "one", "run")


def pasted_elsewhere(make: Make) -> Any:
    cells = make(a="x = 1", b="z = 2", run="y = x").run("a", "b")
    source = cells.cells.pop("a")
    cells.cells = {"pasted": source, **cells.cells}
    return cells.run("run")


def magics(make: Make) -> Any:
    return make(t="%%time\nx = 1", c="%%capture out\nprint(x)\nz = x", run="%time y = z + 1").run("t", "c", "c", "run")


def plots(make: Make) -> Any:
    load = f"{LOAD}\nimport matplotlib\nmatplotlib.use('agg')\nimport matplotlib.pyplot as plt"
    cells = make(load=load, plot="fig, ax = plt.subplots()\nax.plot(df.a)\nplt.close(fig)", run="y = df.a.sum()")
    return cells.run("load", "plot", "plot").edit("plot", "df.a.hist()").run("run")


def same_name_inside_functions(make: Make) -> Any:
    cells = make(df=LOAD, f="def f():\n    df = [1]\n    df.append(2)\n    return df", call="f()", run="y = df.a.sum()")
    return cells.run("df", "f", "call", "call").delete("call").run("run")


def comprehension_variable(make: Make) -> Any:
    return make(a="x = 1", c="squares = [x * x for x in range(3)]", run="y = x").run("a", "c", "run")


def star_import(make: Make) -> Any:
    return make(i="from math import *", run="y = sqrt(4)").run("i", "run")


def branches(make: Make) -> Any:
    return make(a="fast = True", b="if fast:\n    n = 1\nelse:\n    n = 2", run="y = n").run("a", "b", "run")


def tried_import(make: Make) -> Any:
    return make(t="try:\n    import no_such_module as fast\nexcept ImportError:\n    fast = None", run="y = fast").run(
        "t", "run"
    )


def unused_cell_not_run(make: Make) -> Any:
    return make(a="x = 1", later="z = slow()", run="y = x").run("a", "run")


def library_clients(make: Make) -> Any:
    cells = make(
        i="import mlflow\nclient = mlflow.MlflowClient", ask="print(client.__name__)", run="y = client.__name__"
    )
    return cells.run("i", "ask").edit("ask", "print(client)").run("ask", "run")


def log_lines(make: Make) -> Any:
    cells = make(l="import logging\nlog = logging.getLogger('x')", say="log.info('hi')", run="log.info('run')\ny = 1")
    return cells.run("l", "say", "say", "run")


def copied_first(make: Make) -> Any:
    f = "def prepare(d):\n    d = d.copy()\n    d['c'] = 1\n    return d"
    cells = make(load=LOAD, f=f, call="ready = prepare(df)", run="y = df.shape[1] + len(ready)")
    return cells.run("load", "f", "call", "call", "run")


def selected_first(make: Make) -> Any:
    f = "def prepare(d):\n    d = d[d.a > 1]\n    d = d[['a', 'b']]\n    d = d[~(d.b > 8) & (d.a < 9)]\n    d['c'] = 1\n    return d"
    cells = make(load=LOAD, f=f, call="ready = prepare(df)", run="y = df.shape[1] + len(ready)")
    return cells.run("load", "f", "call", "call", "run")


def copied_and_handed_on(make: Make) -> Any:
    f = f"{ADD}\ndef prepare(d):\n    d = d.assign(z=1)\n    add(d)\n    return d"
    cells = make(load=LOAD, f=f, call="ready = prepare(df)", run="y = df.shape[1] + len(ready)")
    return cells.run("load", "f", "call", "call", "run")


def configured_function(make: Make) -> Any:
    f = "def scaler(options):\n    def scale(v):\n        return v * options['by']\n    return scale\nscale = scaler({'by': 2})"
    return make(f=f, look="scale(1)", run="y = scale(2)").run("f", "look", "look", "run")


CLEAN = [
    top_to_bottom, looked_at_again, run_again_and_again, import_added_on_top_later, independent_cells_swapped, scratch_deleted,
    reformatted, failed_and_mended, defined_again, unseeded, other_model_fitted_twice, pasted_elsewhere, magics, plots,
    same_name_inside_functions, comprehension_variable, star_import, branches, tried_import, unused_cell_not_run, library_clients,
    log_lines, copied_first, selected_first, copied_and_handed_on, configured_function,
]  # fmt: skip


@pytest.mark.parametrize("plant", CLEAN, ids=lambda plant: plant.__name__)
def test_a_clean_notebook_is_not_marked(notebook: Make, plant: Callable[[Make], Any]) -> None:
    found = plant(notebook).judge()
    assert (found.reproducible, found.reasons) == ("clean", [])
