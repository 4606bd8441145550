"""Tasks in the traffic of a language model: found, learned, certified, and answered locally.

identity.py    what makes two requests the same task
templates.py   what the texts of a task share, and the part that varies
replies.py     replies as one of a few
families.py    requests that are the same but for a text, and the tasks among them
learner.py     the small model of a task, its guarantee, and who answers a text
trainer.py     which small model is fitted when
training.py    fitting in a process of its own
task.py        one task: what it is, its state, what its owner decided
sharing.py     several gateways on one database
board.py       all tasks of a gateway
router.py      a request answered locally, in part, or not
"""
