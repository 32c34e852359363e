"""One linear programme asked again and again: the same equations, another aim and other limits each time.

Belongs here: the solver (HiGHS), held from one question to the next. What is asked of it: secondary.py and audit.py, each in its own way.

To build a programme costs more than to solve it. It is built once, and each solve starts from the table where the one before ended.
"""

import highspy
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_matrix

Floats = NDArray[np.float64]
# simplex_strategy of HiGHS: the primal stays within the limits and improves; the dual is of the least price and comes within the limits.
_PRIMAL, _DUAL = 4, 1
_OFF, _OFF_SHARE = 1e-6, 1e-9  # how far beside a limit or an equation a number may be: for the last digits of large ones
_OPTIONS: dict[str, bool | int | str] = {"output_flag": False, "threads": 1, "presolve": "off", "solver": "simplex"}


class Programme:
    """The least price @ x where equations @ x == right and low <= x <= high.

    aims: between two solves it is mostly the price that changes; otherwise the limits. It decides how the solver starts again, not what
    is found. Of several tables of the same least price, which one is found depends on what was solved before, in the same way each time.
    """

    def __init__(self, equations: csc_matrix, right: Floats, low: Floats, high: Floats, price: Floats, *, aims: bool) -> None:
        model = highspy.HighsLp()
        model.num_row_, model.num_col_ = equations.shape
        model.row_lower_ = model.row_upper_ = right
        model.col_lower_, model.col_upper_, model.col_cost_ = low, high, price
        columns = model.a_matrix_
        columns.format_ = highspy.MatrixFormat.kColwise
        columns.start_, columns.index_, columns.value_ = equations.indptr, equations.indices, equations.data
        self._solver = highspy.Highs()  # type: ignore[no-untyped-call]
        for name, value in {**_OPTIONS, "simplex_strategy": _PRIMAL if aims else _DUAL}.items():
            self._solver.setOptionValue(name, value)
        self._solver.passModel(model)
        self._equations, self._right, self._low, self._high = equations.tocsr(), right, low.copy(), high.copy()

    def limit(self, at: int, low: float, high: float) -> None:
        """From now on x[at] is from `low` to `high`."""
        self._low[at], self._high[at] = low, high
        self._solver.changeColBounds(at, low, high)

    def price(self, at: int, price: float) -> None:
        """From now on x[at] costs `price` each."""
        self._solver.changeColCost(at, price)

    def solved(self) -> Floats | None:
        """The x of the least price; None when none keeps the equations and the limits.

        What the solver gives is held against both, and asked for once more from nothing when it keeps them not. ArithmeticError then.
        """
        for start_again in (False, True):
            if start_again:
                self._solver.clearSolver()
            self._solver.run()
            status = self._solver.getModelStatus()
            if status == highspy.HighsModelStatus.kInfeasible:
                return None
            found = np.array(self._solver.getSolution().col_value)
            if status == highspy.HighsModelStatus.kOptimal and self._is_kept_by(found):
                return found
        raise ArithmeticError(f"a linear programme was not solved: {self._solver.modelStatusToString(status)}")

    def _is_kept_by(self, x: Floats) -> bool:
        off = max(_OFF, _OFF_SHARE * float(abs(x).max(initial=0.0)))
        is_within = (x >= self._low - off).all() and (x <= self._high + off).all()
        return bool(is_within and abs(self._equations @ x - self._right).max(initial=0.0) <= off)
