"""Floor 4. Results -> one self-contained HTML file, and Markdown that can be pasted."""

from .markdown import markdown as markdown
from .page import html as html
