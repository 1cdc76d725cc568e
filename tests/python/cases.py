"""The cases. Each takes the running exchange; names are claims; seeds differ so that documents do."""

import base64
import hashlib
import http.client
import json
import pathlib
import re
import ssl
import subprocess
import tempfile

import grpc
from google.protobuf import json_format
from google.rpc import error_details_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase
from grpc_status import rpc_status

from exchange import SENDERS, WAIT, Consumer
from singlewindow.ceb.v1 import message_pb2 as ceb
from singlewindow.v1 import clearance_pb2 as clearance
from singlewindow.v1 import clearance_pb2_grpc as clearance_stubs
from singlewindow.v1 import common_pb2 as common
from singlewindow.v1 import declaration_pb2 as declaration
from singlewindow.v1 import declaration_pb2_grpc as declaration_stubs
from singlewindow.v1 import ledger_pb2 as ledger
from singlewindow.v1 import ledger_pb2_grpc as ledger_stubs
from singlewindow.v1 import subscription_pb2 as subscription
from singlewindow.v1 import subscription_pb2_grpc as subscription_stubs

PERSONAL = ["buyerName", "buyerIdNumber", "buyerTelephone", "consignee", "consigneeTelephone", "consigneeAddress", "payerName", "payerIdNumber"]


def submit(exchange, party, xml):
    """The receipt, the very bytes of it, and whether it is a stored one."""
    with exchange.channel(party) as channel:
        call = channel.unary_unary("/singlewindow.v1.DeclarationService/Submit")
        raw = call(declaration.SubmitRequest(xml=xml).SerializeToString(), timeout=WAIT)
    answer = declaration.SubmitResponse.FromString(raw)
    return answer.receipt, first_field(raw), answer.replayed


def first_field(raw):
    """The bytes of field 1 as they came over the wire."""
    assert raw[0] == 0x0A, "the receipt is field 1"
    length, shift, at = 0, 0, 1
    while True:
        length |= (raw[at] & 0x7F) << shift
        shift, at = shift + 7, at + 1
        if raw[at - 1] < 0x80:
            return raw[at : at + length]


def submit_set(exchange, samples, number=0):
    return {kind: submit(exchange, SENDERS[kind], samples[kind][number])[0] for kind in SENDERS}


def refusal(call):
    """The code of a refused call and its ErrorInfo."""
    try:
        call()
    except grpc.RpcError as error:
        for detail in getattr(rpc_status.from_call(error), "details", []):
            info = error_details_pb2.ErrorInfo()
            if detail.Unpack(info):
                return error.code(), info
        return error.code(), None
    raise AssertionError("the call was not refused")


def typed(exchange, xml):
    """The typed form of a message, as the exchange gives it."""
    with exchange.channel("declarant") as channel:
        service = declaration_stubs.DeclarationServiceStub(channel)
        converted = service.ConvertMessage(declaration.ConvertMessageRequest(xml=xml), timeout=WAIT)
    assert not converted.faults, converted.faults
    return converted.message


def submit_typed(exchange, party, message):
    with exchange.channel(party) as channel:
        request = declaration.SubmitDocumentsRequest(message=message)
        return declaration_stubs.DeclarationServiceStub(channel).SubmitDocuments(request, timeout=WAIT)


def over_http(exchange, party, method, path, body=None):
    """Status and JSON of the answer to a request with a JSON body."""
    identity = exchange.data / "dev"
    context = ssl.create_default_context(cafile=identity / "ca.pem")
    context.load_cert_chain(identity / f"{party}.pem", identity / f"{party}-key.pem")
    connection = http.client.HTTPSConnection(exchange.address, context=context, timeout=WAIT)
    connection.request(method, path, body=body, headers={"content-type": "application/json"})
    answer = connection.getresponse()
    document = json.loads(answer.read())
    connection.close()
    return answer.status, document


def create(exchange, party, name, view, earliest=True):
    start_at = subscription.StartAt(earliest=True) if earliest else subscription.StartAt(latest=True)
    with exchange.channel(party) as channel:
        request = subscription.CreateSubscriptionRequest(
            subscription=subscription.Subscription(name=name, view=view),
            start_at=start_at,
        )
        return subscription_stubs.SubscriptionServiceStub(channel).CreateSubscription(request, timeout=WAIT)


def check_chain(deliveries, last=None):
    """No gap, after taking away what came again. Gives the ids in order."""
    seen = [] if last is None else [last]
    for delivery in deliveries:
        if delivery.delivery_id not in seen:
            assert not seen or delivery.predecessor_id == seen[-1], (delivery.predecessor_id, seen[-1])
            seen.append(delivery.delivery_id)
    return seen


def text(xml, name):
    return re.search(rf"<(?:\w+:)?{name}>([^<]*)<".encode(), xml).group(1).decode()


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def root_of(leaf, index, size, path):
    """Follows a path as RFC 9162 §2.1.3.2 has it."""
    place, last, found = index, size - 1, leaf
    for step in path:
        assert last > 0, "the path is too long"
        if place & 1 or place == last:
            found = sha256(b"\x01", step, found)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            found = sha256(b"\x01", found, step)
        place, last = place >> 1, last >> 1
    assert last == 0, "the path is too short"
    return found


def goes_on(first, second, path):
    """Both roots that a consistency proof leads to (RFC 9162 §2.1.4.2); the first is none if it is no part of the proof."""
    path = list(path)
    (size, root), (larger, _) = first, second
    start = root if size & (size - 1) == 0 else path.pop(0)
    place, last = size - 1, larger - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    old = new = start
    for step in path:
        assert last > 0, "the proof is too long"
        if place & 1 or place == last:
            old, new = sha256(b"\x01", step, old), sha256(b"\x01", step, new)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            new = sha256(b"\x01", new, step)
        place, last = place >> 1, last >> 1
    assert last == 0, "the proof is too short"
    return old, new


def note(signed, key):
    """Size and root over the entries of a signed checkpoint, once openssl has verified its Ed25519 signature."""
    body, line = signed.split("\n\n")
    body = (body + "\n").encode()
    origin, entries, root, *_ = body.decode().split("\n")
    name, signature = line.removeprefix("\u2014 ").split(" ")
    signature = base64.b64decode(signature)
    assert name == origin and signature[:4] == sha256(origin.encode(), b"\n\x01", key)[:4]
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "key.der").write_bytes(bytes.fromhex("302a300506032b6570032100") + key)
        (folder / "body").write_bytes(body)
        (folder / "signature").write_bytes(signature[4:])
        verify = ["openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", folder / "key.der", "-rawin"]
        subprocess.run([*verify, "-in", folder / "body", "-sigfile", folder / "signature"], check=True, capture_output=True)
    return int(entries), base64.b64decode(root)


def test_health_is_serving(exchange):
    with exchange.channel("operator") as channel:
        answer = health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=WAIT)
    assert answer.status == health_pb2.HealthCheckResponse.SERVING


def test_reflection_v1alpha_lists_the_services(exchange):
    with exchange.channel("operator") as channel:
        database = ProtoReflectionDescriptorDatabase(channel)
        services = set(database.get_services())
        described = database.FindFileContainingSymbol("singlewindow.v1.DeclarationService")
    for name in ["DeclarationService", "ClearanceService", "SubscriptionService", "FilingService", "LedgerService"]:
        assert f"singlewindow.v1.{name}" in services, services
    assert any(method.name == "SubmitStream" for method in described.service[0].method)


def test_four_parties_submit_and_the_list_is_stored(exchange):
    receipts = submit_set(exchange, exchange.samples(1, seed=101))
    for kind, receipt in receipts.items():
        assert receipt.outcome == common.OUTCOME_ACCEPTED, (kind, receipt)
        assert receipt.receipt_id and receipt.position and len(receipt.payload_sha256) == 32
        assert receipt.signature == common.SIGNATURE_STATE_UNVERIFIED
    verdict = receipts["list"].documents[0]
    assert verdict.status == 120 and not verdict.waiting, verdict
    assert b"CEB622Message" in receipts["list"].receipt_xml


def test_a_list_that_comes_first_names_what_it_waits_for(exchange):
    samples = exchange.samples(1, seed=102)
    receipt, _, _ = submit(exchange, "declarant", samples["list"][0])
    verdict = receipt.documents[0]
    assert verdict.outcome == common.OUTCOME_ACCEPTED and verdict.status == 2, verdict
    missing = {waiting.left_type or waiting.right_type for waiting in verdict.waiting}
    assert len(verdict.waiting) >= 3 and missing, verdict.waiting
    for kind in ["order", "payment", "waybill"]:
        last, _, _ = submit(exchange, SENDERS[kind], samples[kind][0])
    with exchange.channel("declarant") as channel:
        request = declaration.GetDocumentRequest(pre_no=verdict.keys.pre_no, at_least=last.position)
        document = declaration_stubs.DeclarationServiceStub(channel).GetDocument(request, timeout=WAIT).document
    assert document.status == 120 and not document.waiting, document


def test_sending_again_gives_the_same_receipt_bytes(exchange):
    xml = exchange.samples(1, seed=103)["order"][0]
    _, first, replayed = submit(exchange, "platform", xml)
    assert not replayed
    for _ in range(3):
        _, again, replayed = submit(exchange, "platform", xml)
        assert replayed and again == first


def test_the_same_guid_with_other_bytes_is_a_conflict(exchange):
    xml = exchange.samples(1, seed=104)["order"][0]
    first, _, _ = submit(exchange, "platform", xml)
    other, _, _ = submit(exchange, "platform", xml + b"\n")
    assert other.outcome == common.OUTCOME_REJECTED, other
    assert other.conflicts_with == first.receipt_id, other


def test_a_stream_answers_every_message_once(exchange):
    samples = exchange.samples(20, seed=105)["order"]
    with exchange.channel("platform") as channel:
        requests = [declaration.SubmitStreamRequest(sequence=n + 7, xml=xml) for n, xml in enumerate(samples)]
        answers = list(declaration_stubs.DeclarationServiceStub(channel).SubmitStream(iter(requests), timeout=WAIT))
    assert sorted(answer.sequence for answer in answers) == list(range(7, 27))
    assert all(answer.receipt.outcome == common.OUTCOME_ACCEPTED for answer in answers)


def test_a_malformed_message_is_refused_with_places(exchange):
    xml = exchange.samples(1, seed=106)["list"][0]
    for bad in [xml[: len(xml) // 2], b"<!DOCTYPE x [<!ENTITY e 'e'>]>" + xml, b"\xff\xfe" + xml, b"not XML", b""]:
        receipt, _, _ = submit(exchange, "declarant", bad)
        assert receipt.outcome == common.OUTCOME_REJECTED and not receipt.documents, receipt
        assert receipt.rejections, "a refusal says why"
        for rejection in receipt.rejections:
            assert rejection.rule and rejection.message_zh and rejection.message_en, rejection
        assert b"CEB900Message" in receipt.receipt_xml, receipt.receipt_xml


def test_all_faults_of_a_message_come_at_once(exchange):
    xml = exchange.samples(1, seed=107)["order"][0]
    xml = re.sub(rb"<ceb:orderNo>[^<]*<", b"<ceb:orderNo>" + b"9" * 61 + b"<", xml)
    xml = re.sub(rb"<ceb:freight>[^<]*<", b"<ceb:freight>dear<", xml)
    with exchange.channel("platform") as channel:
        service = declaration_stubs.DeclarationServiceStub(channel)
        checked = service.Validate(declaration.ValidateRequest(xml=xml), timeout=WAIT)
    assert not checked.valid and checked.message_type == common.MESSAGE_TYPE_CEB311
    receipt, _, _ = submit(exchange, "platform", xml)
    for faults in [checked.faults, receipt.rejections]:
        paths = [fault.path for fault in faults]
        assert any(path.endswith("/orderNo") for path in paths) and any(path.endswith("/freight") for path in paths), paths
        assert all(fault.line > 0 and fault.column > 0 and fault.field_zh for fault in faults), faults


def test_a_typed_list_is_submitted_and_answered(exchange):
    samples = exchange.samples(1, seed=120)
    for kind in ["order", "payment", "waybill"]:
        submit(exchange, SENDERS[kind], samples[kind][0])
    message = typed(exchange, samples["list"][0])
    head = message.ceb621.inventory[0].inventory_head
    assert head.order_no == text(samples["list"][0], "orderNo") and head.freight == text(samples["list"][0], "freight")
    assert head.HasField("freight") and not head.HasField("invt_no")
    answer = submit_typed(exchange, "declarant", message)
    verdict = answer.receipt.documents[0]
    assert verdict.status == 120 and not answer.replayed, answer
    assert b"CEB622Message" in answer.receipt.receipt_xml
    again = submit_typed(exchange, "declarant", message)
    assert again.replayed and again.receipt == answer.receipt
    with exchange.channel("declarant") as channel:
        request = declaration.GetDocumentRequest(pre_no=verdict.keys.pre_no, typed=True)
        found = declaration_stubs.DeclarationServiceStub(channel).GetDocument(request, timeout=WAIT)
    assert found.typed.ceb621.inventory == message.ceb621.inventory


def test_typed_faults_name_the_typed_field(exchange):
    message = typed(exchange, exchange.samples(1, seed=121)["order"][0])
    message.ceb311.order[0].order_head.freight = "dear"
    receipt = submit_typed(exchange, "platform", message).receipt
    paths = [(one.path, one.field_path) for one in receipt.rejections]
    assert ("/CEB311Message/Order[1]/OrderHead/freight", "ceb311.order[0].order_head.freight") in paths, paths


def test_a_field_of_a_newer_contract_is_refused_and_not_dropped(exchange):
    message = ceb.CebMessage.FromString(b"\xba\x13\x05\x1a\x03\x9a\x06\x00")
    code, info = refusal(lambda: submit_typed(exchange, "platform", message))
    assert code == grpc.StatusCode.INVALID_ARGUMENT and info.reason == "INVALID_FIELD", (code, info)


def test_the_json_of_protobuf_is_the_json_of_the_http_door(exchange):
    samples = exchange.samples(1, seed=122)
    message = typed(exchange, samples["order"][0])
    status, receipt = over_http(exchange, "platform", "POST", "/v1/messages", json_format.MessageToJson(message))
    assert status == 200 and receipt["outcome"] == "accepted" and not receipt["replayed"], receipt
    assert submit_typed(exchange, "platform", message).replayed, "JSON and protobuf render to the same bytes"
    message = typed(exchange, samples["list"][0])
    status, receipt = over_http(exchange, "declarant", "POST", "/v1/messages", json_format.MessageToJson(message))
    pre_no = receipt["documents"][0]["keys"]["preNo"]
    status, found = over_http(exchange, "declarant", "GET", f"/v1/document?pre_no={pre_no}")
    assert status == 200, found
    parsed = json_format.ParseDict(found["message"], ceb.CebMessage())
    assert parsed.ceb621.inventory == message.ceb621.inventory
    status, problem = over_http(exchange, "platform", "POST", "/v1/messages", '{"CEB311Message": {"guid": 7}}')
    assert status == 400 and problem["errors"][0]["field"] == "CEB311Message.guid", problem


def test_another_partys_message_is_refused_in_the_receipt(exchange):
    xml = exchange.samples(1, seed=108)["order"][0]
    receipt, _, _ = submit(exchange, "seller", xml)
    rules = [one.rule for one in receipt.rejections]
    rules += [one.rule for verdict in receipt.documents for one in verdict.rejections]
    accepted = [verdict for verdict in receipt.documents if verdict.outcome == common.OUTCOME_ACCEPTED]
    assert "R-SCH-08" in rules and not accepted, receipt


def test_roles_decide_what_a_party_may_do(exchange):
    samples = exchange.samples(1, seed=109)

    def decide(party):
        with exchange.channel(party) as channel:
            request = clearance.DecideRequest(typed=clearance.Decision(guid="X" * 36, status=800))
            list(clearance_stubs.ClearanceServiceStub(channel).Decide(iter([request]), timeout=WAIT))

    refused = {
        "statistics sends an order": lambda: submit(exchange, "statistics", samples["order"][0]),
        "customs sends a list": lambda: submit(exchange, "customs", samples["list"][0]),
        "a declarant decides": lambda: decide("declarant"),
        "an operator decides": lambda: decide("operator"),
        "a platform sees everything": lambda: create(exchange, "platform", "full", subscription.VIEW_FULL),
        "statistics sees persons": lambda: create(exchange, "statistics", "full", subscription.VIEW_FULL),
        "a declarant gets statistics": lambda: create(exchange, "declarant", "facts", subscription.VIEW_STATISTICS),
    }
    for what, call in refused.items():
        code, info = refusal(call)
        assert code == grpc.StatusCode.PERMISSION_DENIED, (what, code)
        assert info is not None and info.reason == "ROLE_DENIED" and info.domain, (what, info)


def test_nobody_gets_in_without_a_certificate(exchange):
    with exchange.channel(None) as channel:
        service = health_pb2_grpc.HealthStub(channel)
        code, _ = refusal(lambda: service.Check(health_pb2.HealthCheckRequest(), timeout=WAIT))
    assert code in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.UNAUTHENTICATED), code


def test_a_document_is_hidden_from_other_parties(exchange):
    receipts = submit_set(exchange, exchange.samples(1, seed=110))
    pre_no = receipts["list"].documents[0].keys.pre_no
    # The payment institution is no party to the list, though it is to the same trade.
    with exchange.channel("payment") as channel:
        service = declaration_stubs.DeclarationServiceStub(channel)
        code, _ = refusal(lambda: service.GetDocument(declaration.GetDocumentRequest(pre_no=pre_no), timeout=WAIT))
    assert code in (grpc.StatusCode.NOT_FOUND, grpc.StatusCode.PERMISSION_DENIED), code


def test_the_inbox_resumes_without_a_gap(exchange):
    create(exchange, "declarant", "inbox", subscription.VIEW_OWN)
    for number, seed in enumerate([111, 112]):
        submit_set(exchange, exchange.samples(1, seed=seed))
    consumer = Consumer(exchange, subscription, subscription_stubs, "declarant", "inbox")
    first = consumer.until(lambda all: len(all) == 4)
    assert first[0].predecessor_id == "", "the first delivery has no predecessor"
    ids = check_chain(first)
    consumer.ack(first[1])
    consumer.wait_until_recorded(first[1])
    consumer.break_off()

    consumer = Consumer(exchange, subscription, subscription_stubs, "declarant", "inbox")
    rest, beat = consumer.heartbeat()
    assert rest[0].delivery_id == ids[2], "the next after the acknowledged one comes first"
    ids = check_chain(rest, last=ids[1])
    assert beat.last_delivery_id == ids[-1]
    assert all(delivery.receipt.xml for delivery in rest if delivery.event.message_type == common.MESSAGE_TYPE_CEB621)
    consumer.ack(rest[-1])
    consumer.break_off()


def test_statistics_never_see_a_person(exchange):
    create(exchange, "statistics", "facts", subscription.VIEW_STATISTICS, earliest=False)
    samples = exchange.samples(5, seed=113)
    for number in range(5):
        submit_set(exchange, samples, number)
    consumer = Consumer(exchange, subscription, subscription_stubs, "statistics", "facts")
    stored = lambda one: one.event.status == 120 and len(one.statistics.lines) > 0
    deliveries = consumer.until(lambda all: sum(stored(one) for one in all) == 5)
    consumer.break_off()
    wire = b"".join(delivery.SerializeToString() for delivery in deliveries)
    values = {
        value
        for kind in samples
        for xml in samples[kind]
        for name in PERSONAL
        for value in re.findall(rf"<(?:\w+:)?{name}>([^<]+)<".encode(), xml)
    }
    assert len(values) >= 15, "the samples hold personal values"
    for value in values:
        assert value not in wire, f"a personal value reached statistics: {value.decode()}"


def test_customs_releases_and_the_declarant_hears_of_it(exchange):
    create(exchange, "declarant", "released", subscription.VIEW_OWN)
    keys = submit_set(exchange, exchange.samples(1, seed=114))["list"].documents[0].keys
    with exchange.channel("customs") as channel:
        decision = clearance.Decision(
            guid="6E1D3E60-0000-4000-8000-000000000114",
            message_type=common.MESSAGE_TYPE_CEB621,
            keys=common.DocumentKeys(pre_no=keys.pre_no),
            status=800,
        )
        requests = [clearance.DecideRequest(sequence=n, typed=decision) for n in (1, 2)]
        service = clearance_stubs.ClearanceServiceStub(channel)
        effects = []
        for request in requests:
            answers = list(service.Decide(iter([request]), timeout=WAIT))
            effects += [result.effect for answer in answers for result in answer.results]
    # Without a time of its own each gets the time of its entry, so that the second is another decision.
    assert effects[0] == clearance.DECISION_EFFECT_APPLIED and len(effects) == 2, effects
    consumer = Consumer(exchange, subscription, subscription_stubs, "declarant", "released")
    mine = lambda one: one.event.keys.pre_no == keys.pre_no and one.event.status == 800
    deliveries = consumer.until(lambda all: mine(all[-1]))
    consumer.break_off()
    assert b"<returnStatus>800<" in deliveries[-1].receipt.xml, deliveries[-1].receipt.xml


def test_a_receipts_entry_is_proved_with_nothing_but_hashes(exchange):
    xml = exchange.samples(1, seed=116)["order"][0]
    receipt, _, _ = submit(exchange, "platform", xml)
    with exchange.channel("platform") as channel:
        service = ledger_stubs.LedgerServiceStub(channel)
        answer = service.GetInclusionProof(ledger.GetInclusionProofRequest(receipt_id=receipt.receipt_id, document=1, events=True), timeout=WAIT)
    size, root = note(answer.signed_note, answer.public_key)
    proof = answer.proof
    leaf = sha256(b"\0", proof.entry_position.to_bytes(8, "big"), proof.time_ms.to_bytes(8, "big"), proof.header)
    assert proof.entries == size and root_of(leaf, proof.leaf_index, size, proof.path) == root
    events, events_root = re.search(r"^events (\d+) (\S+)$", answer.signed_note, re.M).groups()
    assert len(answer.events) == 1, "the order was accepted"
    for one in answer.events:
        leaf = sha256(b"\0", proof.entry_position.to_bytes(8, "big"), one.event)
        assert one.events == int(events) and root_of(leaf, one.leaf_index, one.events, one.path) == base64.b64decode(events_root)
    # The header is protobuf: the digest of the message is its field 4, the root over the documents its field 5.
    digest, document = hashlib.sha256(xml).digest(), answer.document
    assert b"\x22\x20" + digest in proof.header
    leaf = sha256(b"\0", document.text, document.personal_sha256)
    documents = root_of(leaf, document.ordinal - 1, document.documents, document.path)
    assert b"\x2a\x20" + sha256(b"\x01", document.envelope_leaf_sha256, documents) in proof.header
    assert text(xml, "orderNo").encode() in document.text and text(xml, "buyerName").encode() not in document.text


def test_after_kill_9_the_ledger_goes_on_from_a_kept_checkpoint(exchange):
    with exchange.channel("statistics") as channel:
        kept = ledger_stubs.LedgerServiceStub(channel).GetCheckpoint(ledger.GetCheckpointRequest(), timeout=WAIT)
    first = note(kept.signed_note, kept.public_key)
    exchange.kill()
    exchange.start()
    submit_set(exchange, exchange.samples(1, seed=117))
    with exchange.channel("statistics") as channel:
        request = ledger.GetConsistencyProofRequest(first_entries=first[0])
        answer = ledger_stubs.LedgerServiceStub(channel).GetConsistencyProof(request, timeout=WAIT)
    assert answer.public_key == kept.public_key
    second = note(answer.signed_note, answer.public_key)
    assert second[0] > first[0] and goes_on(first, second, answer.path) == (first[1], second[1])


def test_after_kill_9_receipts_and_cursors_are_as_before(exchange):
    create(exchange, "declarant", "survivor", subscription.VIEW_OWN)
    samples = exchange.samples(2, seed=115)
    before = {kind: submit(exchange, SENDERS[kind], samples[kind][0])[1] for kind in SENDERS}
    consumer = Consumer(exchange, subscription, subscription_stubs, "declarant", "survivor")
    seen, _ = consumer.heartbeat()
    ids = check_chain(seen)
    exchange.kill()
    consumer.break_off()
    exchange.start()
    for kind, receipt in before.items():
        _, again, replayed = submit(exchange, SENDERS[kind], samples[kind][0])
        assert replayed and again == receipt, kind
    submit_set(exchange, samples, 1)
    consumer = Consumer(exchange, subscription, subscription_stubs, "declarant", "survivor")
    cop_no = text(samples["list"][1], "copNo")
    again = consumer.until(lambda all: all[-1].event.keys.cop_no == cop_no and all[-1].event.status == 120)
    consumer.break_off()
    both = check_chain([*seen, *again])
    assert both[: len(ids)] == ids and len(both) > len(ids)
