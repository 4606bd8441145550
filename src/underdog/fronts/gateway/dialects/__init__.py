"""The protocols in which a gateway is asked, and in which it answers.

content.py     the text of a message, where it holds nothing else
questions.py   a question with its options, whatever the protocol
decisions.py   OpenAI Decisions: questions in a list, answers in their order
systemone.py   System One: questions and answers by name
chat.py        OpenAI Chat Completions, whole and streamed
responses.py   OpenAI Responses, whole and streamed
"""
