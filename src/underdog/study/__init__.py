"""Floor 5. Contestants through the same task; rows, and a verdict."""

from .compare import compare as compare
from .study import Study as Study
