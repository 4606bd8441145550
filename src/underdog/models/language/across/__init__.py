"""Language models read with another tokenizer than their own.

pieces.py     the bytes of every token
bytewise.py   a model of any tokenizer over bytes, exactly
respelled.py  a model over the tokenizer of another, by the tokens that both have
ranked.py     what a teacher with another tokenizer says, by rank
"""
