"""The gateway: models behind HTTP, and a door to a language model that learns from its traffic.

app.py         which request goes to which endpoint
served/        models in folders: batches, new versions, the endpoints that answer from them
dialects/      the protocols: what a request asks, and an answer written as each protocol wants it
door/          requests passed on to a language model byte for byte, and what they used
ledger/        what every request cost, and the examples that tasks learn from, in a database
tasks/         tasks found in the traffic, the small models trained for them, and who answers
dashboard/     the page, and the requests it makes
"""
