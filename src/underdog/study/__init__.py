"""Floor 5. Contestants through the same task; rows, and a verdict."""

from .compare import Study as Study
from .compare import compare as compare
