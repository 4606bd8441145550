"""Large language models behind an API: `Chat`.

model.py      what a user builds: prompts in, answers with receipts out
settle.py     what is on file, what is asked now, and a receipt for each
batch.py      many prompts at once, each asked, paid for and kept once
patience.py   what to do when an endpoint is busy, slow or broken
dialects.py   the two protocols: OpenAI's, which most servers speak, and Anthropic's
constraints.py  how a server is told the labels that may be written
endpoint.py   which server, with which key: the user's environment decides
"""

from .model import Chat

__all__ = ["Chat"]
