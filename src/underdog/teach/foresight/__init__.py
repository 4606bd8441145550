"""Before a large model is paid: on which texts it will be right, and which score it will reach."""

from .items import Foreseen, foresee
from .tasks import Expected, expected_score

__all__ = ["Expected", "Foreseen", "expected_score", "foresee"]
