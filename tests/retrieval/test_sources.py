"""Code, tables in files and operations of a service, searched as they are."""

import json
import os

import pytest

from underdog.core.errors import UnderdogError
from underdog.runtime.registry import build


def test_symbols_are_found_by_name_and_docstring(tmp_path):
    (tmp_path / "shop.py").write_text(
        '"""Orders and customers."""\nclass OrderBook:\n    """Keeps what was bought."""\n'
        '    def cancelOrder(self, number: int):\n        """Give the money back."""\n'
        "def ship(parcel): pass\n"
    )
    (tmp_path / "broken.py").write_text("def (")
    (tmp_path / "folder.py").mkdir()
    os.mkfifo(tmp_path / "pipe.py")
    code = build(f"code({str(tmp_path)!r})")
    hit = code.top(["cancel an order"], 1)[0][0]
    assert hit.source == "shop.py:4"
    assert hit.text.startswith("shop.OrderBook.cancelOrder(self, number: int)\ncancel order")
    assert code.top(["money back", "parcel"], 1)[1][0].source == "shop.py:6"
    assert build("code('json')").top(["decode a document"], 3)[0]
    for wrong in ("code('no_such_library')", "code('../x;y')"):
        with pytest.raises(UnderdogError, match="no folder and no installed library"):
            build(wrong).top(["x"], 1)


def test_tables_are_found_by_header_and_rows_by_content(tmp_path):
    (tmp_path / "staff.csv").write_text("name,salary\nAda,100\nKurt,90\n")
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "rivers.csv").write_text("river,length_km\nRhine,1233\nElbe,1094\n")
    tables = build(f"tables({str(tmp_path)!r})")
    (hit,) = tables.top(["How long is the river Elbe?"], 1)[0]
    assert hit.source == "inner/rivers.csv"
    assert hit.rows == (("river", "length_km"), ("Elbe", "1094"))
    (hit,) = tables.top(["salary"], 1)[0]
    assert len(hit.rows) == 3  # no row fits better than the others: the first ones
    assert tables.top(["zebra"], 1) == [[]]
    (tmp_path / "empty").mkdir()
    with pytest.raises(UnderdogError, match="there are no tables"):
        build(f"tables({str(tmp_path / 'empty')!r})").top(["x"], 1)


DOCUMENT = {
    "paths": {
        "/orders/{id}": {
            "parameters": [{"name": "id", "description": "number of the order"}],
            "delete": {"operationId": "cancelOrder", "summary": "Cancel an order and refund it"},
            "get": {"summary": "Read an order", "tags": ["orders"]},
        },
        "/customers": {
            "post": {
                "summary": "Add a customer",
                "requestBody": {
                    "content": {"application/json": {"schema": {"$ref": "#/schemas/Customer"}}}
                },
            }
        },
    },
    "schemas": {
        "Customer": {
            "properties": {
                "phoneNumber": {"description": "where to ring"},
                "friend": {"$ref": "#/schemas/Customer"},
            }
        }
    },
}


def test_operations_are_found_by_what_a_request_asks_for(tmp_path):
    (tmp_path / "openapi.json").write_text(json.dumps(DOCUMENT))
    tools = build(f"tools({str(tmp_path / 'openapi.json')!r})")
    found = tools.top(["I want a refund", "store a phone number"], 1)
    assert [hits[0].source for hits in found] == ["DELETE /orders/{id}", "POST /customers"]
    functions = [{"function": {"name": "get_weather", "description": "Rain and sun of a city"}}]
    (tmp_path / "tools.json").write_text(json.dumps(functions))
    found = build(f"tools({str(tmp_path / 'tools.json')!r})").top(["will it rain"], 1)
    assert found[0][0].source == "get_weather"
    for content, problem in (("{}", "no operations"), ("paths:", "no JSON")):
        (tmp_path / "wrong.json").write_text(content)
        with pytest.raises(UnderdogError, match=problem):
            build(f"tools({str(tmp_path / 'wrong.json')!r})").top(["x"], 1)
    with pytest.raises(UnderdogError, match="no file"):
        build("tools('nowhere.json')").top(["x"], 1)


FIELDS = {"properties": {f"field{i}": {"$ref": f"#/s/{i}"} for i in range(40)}}


@pytest.mark.parametrize(
    "document",
    [
        {"paths": {"/films": {"post": {"tags": 7, "parameters": "x", "summary": "a film"}}}},
        [{"function": 3}, None, {"name": "film", "tags": None}],
        {
            "paths": {"/films": {"post": {"summary": "film", "requestBody": {"schema": FIELDS}}}},
            "s": {str(i): FIELDS for i in range(40)},
        },
    ],
)
def test_odd_documents_of_services_are_read_in_no_time(tmp_path, document):
    (tmp_path / "api.json").write_text(json.dumps(document))
    (hit,) = build(f"tools({str(tmp_path / 'api.json')!r})").top(["film"], 1)[0]
    assert len(hit.text) < 100_000
