"""Who shows the outputs of this kernel: whether a view needs a widget beside it."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mlnb.display.views import View

#: Set by our server extension for its kernels: its page has the components already.
LAB = "MLNB_LAB"
#: ``auto``, ``always`` or ``never``.
CHOICE = "MLNB_WIDGETS"

WIDGET = "application/vnd.jupyter.widget-view+json"


def wants_widget() -> bool:
    """Say whether an output should carry a widget: where a page shows it that does not have our components.

    A widget adds its state to the notebook and is dead in a file, so it is left out where nobody looks or the page knows better.
    """
    choice = os.environ.get(CHOICE, "auto")
    if choice in ("always", "never"):
        return choice == "always"
    if os.environ.get(LAB) or os.environ.get("MLNB_JOB_RUN_ID"):
        return False
    from IPython.core.getipython import get_ipython

    shell: Any = get_ipython()
    if getattr(shell, "kernel", None) is None:
        return False
    shown = "JPY_SESSION_NAME" in os.environ or "google.colab" in sys.modules or "__vsc_ipynb_file__" in shell.user_ns
    return shown and built()


def built() -> bool:
    """Say whether the widget's code is there: a checkout that was never built has none."""
    return (Path(__file__).parent.parent / "static" / "loader.js").is_file()


def widget_bundle(view: View) -> dict[str, Any]:
    """Return the form of a view for hosts of widgets."""
    return {WIDGET: {"version_major": 2, "version_minor": 0, "model_id": view.widget().model_id}}
