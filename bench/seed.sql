-- One slice of a past: a row of each table for every i of n. The words that the databases do not
-- share (ident, moment, padded, json_of, blob_of) are functions that seed.py makes.
-- size: past (deliveries that are over), total (with the backlog), records.

INSERT INTO message (id, connection, dedupe_key, received_at, headers, body, size, event_type, state,
  reason, claims, translated_at)
SELECT ident('msg', i), 'jira', ident('key', i), moment(i, total),
  CASE WHEN i > total - total / 12 THEN blob_of('{"content-type":"application/json","user-agent":"Atlassian Webhook HTTP Client"}') END,
  CASE WHEN i > total - total / 12 THEN blob_of('{"timestamp":1,"webhookEvent":"jira:issue_updated","issue":{"id":"' || padded(i % records) || '","fields":{"summary":"The router restarts at night, and nobody knows why.","description":"The router restarts at night, and nobody knows why. The router restarts at night, and nobody knows why."}}}') END,
  4300, 'jira:issue_updated',
  CASE WHEN i % 2000 = 9 THEN 'bad' WHEN i % 10 = 9 THEN 'ignored' ELSE 'translated' END,
  '', 1, moment(i, total)
FROM n, size;

INSERT INTO message_seen (identity, message_id, expires_at)
SELECT 'jira ' || ident('key', i), ident('msg', i), moment(i + total / 360, total)
FROM n, size WHERE i > total - total / 360;

INSERT INTO event (id, connection, subject, kind, version, occurred_at, recorded_at, origin, actor,
  actor_kind, department, customer, project, record, changes, facts, schema_version, stale,
  message_id, source, rule_version, matched, considered)
SELECT ident('evt', i), 'jira', 'jira:issue:' || (10000 + i * 7919 % records),
  CASE WHEN i % 40 = 1 THEN 'work_item.created' WHEN i % 10000 = 7 THEN 'release.updated' ELSE 'work_item.updated' END,
  padded(i), moment(i, total), moment(i, total), 'webhook',
  json_of('{"id":"712020:1f0c","name":"Dana Reyes","kind":"person"}'), 'person',
  CASE WHEN i % 50 = 3 THEN 'unattributed' ELSE 'engineering' END, NULL, 'ENG',
  json_of('{"key":"ENG-' || (i * 7919 % records) || '","title":"' || i || ' is the update that this summary tells of","type":"task","status":"in_progress","status_name":"In Progress","description":"The router restarts at night, and nobody knows why.","priority":"High","assignee":{"id":"712020:2b1d","name":"Sam Okafor"},"labels":["customer-feedback","router"],"due":"2026-12-18","project":"ENG"}'),
  json_of('[{"field":"status_name","before":"To Do","after":"In Progress"}]'),
  json_of('{"before":{"status":"todo","status_name":"To Do"},"linked":{},"now":"2026-01-01T00:00:00Z"}'),
  1, false, ident('msg', i), 'work', 'mzxw6ytboi3gk2la',
  CASE WHEN i % 10 = 8 THEN 0 ELSE 1 END, 3
FROM n, size;

INSERT INTO seen (event_id, seen_at)
SELECT ident('evt', i), moment(i, total) FROM n, size;

INSERT INTO change (record, kind, field, before, after, at, actor, event_id)
SELECT 'jira:issue:' || (10000 + i * 7919 % records), 'work_item',
  CASE WHEN i % 20 = 5 THEN 'due' WHEN i % 3 = 0 THEN 'status' ELSE 'status_name' END,
  json_of('"To Do"'), json_of('"In Progress"'), moment(i, total), '712020:1f0c', ident('evt', i)
FROM n, size;

INSERT INTO decision (id, event_id, rule, rule_version, target, answer, reason, detail, mended,
  decided_at)
SELECT ident('dec', i), ident('evt', i), 'progress', 'mzxw6ytboi3gk2la', '',
  CASE WHEN i % 5000 = 17 THEN 'error' ELSE 'matched' END, 'matched', json_of('{"if":true}'), i % 25000 <> 17, moment(i, total)
FROM n, size;

INSERT INTO delivery (id, event_id, message_id, rule, rule_version, step, target, replay_id,
  connection, action, args, needs, target_link, target_ref, link_id, write_key, ordering_key, batch,
  subject, customer, origin, urgent, dead_head, ambiguous, state, reason, error_kind, error_code,
  error_group, claims, tries, uncertain, find_first, misses, not_before, expires_at, stale_at,
  hold_id, superseded_by, result, occurred_at, created_at, started_at, finished_at)
SELECT ident('dlv', i), CASE WHEN i % 5 > 0 THEN ident('evt', i) END, ident('msg', i),
  CASE WHEN i % 5 > 0 THEN 'progress' ELSE 'source:customer-feedback' END, 'mzxw6ytboi3gk2la',
  'update_record', '', CASE WHEN i % 500 = 11 THEN ident('rpl', i / 1000) ELSE '' END,
  'salesforce', 'salesforce.update_record',
  json_of('{"object":"Case","record":"500Wq' || padded(i * 7919 % records) || 'IAA","fields":{"Subject":"' || i || ' is the update that this summary tells of","Jira_Status__c":"In progress","Jira_Assignee__c":"Sam Okafor"}}'),
  json_of(CASE WHEN i > past AND i % 100 = 0 THEN '{"linked":"' || ident('lnk', i * 7919 % records) || '"}' ELSE '{}' END),
  CASE WHEN i % 20 = 4 THEN ident('lnk', i * 7919 % records) END,
  'salesforce:Case:500Wq' || padded(i * 7919 % records) || 'IAA',
  CASE WHEN i % 40 = 1 THEN ident('lnk', i * 7919 % records) END,
  ident('bridge', i), 'salesforce|Case:500Wq' || padded(i * 7919 % records) || 'IAA',
  'salesforce.update_record|Case|False|False', 'jira:issue:' || (10000 + i * 7919 % records), NULL,
  'webhook', i % 100 = 6, 'pass', 'skip',
  CASE WHEN i > past AND i % 100 = 0 THEN 'waiting' WHEN i > past THEN 'pending'
    WHEN i % 1000 = 3 THEN 'dead' WHEN i % 1000 = 4 THEN 'cancelled' WHEN i % 1000 = 5 THEN 'expired'
    WHEN i % 50 = 6 THEN 'superseded' WHEN i % 20 = 7 THEN 'unchanged' ELSE 'succeeded' END,
  CASE WHEN i <= past AND i % 1000 = 3 THEN 'a required field has no value' ELSE '' END,
  CASE WHEN i <= past AND i % 1000 = 3 THEN 'permanent' ELSE '' END,
  CASE WHEN i <= past AND i % 1000 = 3 THEN 'REQUIRED_FIELD_MISSING' ELSE '' END,
  CASE WHEN i <= past AND i % 1000 = 3 THEN ident('grp', i % 7) ELSE '' END,
  0, CASE WHEN i > past THEN 0 ELSE 1 END, i % 3000 = 8, false, 0, moment(i, total),
  CASE WHEN i > past AND i % 100 = 0 THEN moment(total + 1000000, total) END, NULL,
  CASE WHEN i % 4000 = 12 THEN ident('hld', i / 4000) END, NULL,
  CASE WHEN i <= past THEN json_of('{"ref":"salesforce:Case:500Wq' || padded(i * 7919 % records) || 'IAA"}') END,
  moment(i, total), moment(i, total),
  CASE WHEN i <= past THEN moment(i, total) END, CASE WHEN i <= past THEN moment(i, total) END
FROM n, size;

INSERT INTO attempt (delivery_id, number, node, batch, started_at, seconds, outcome, error,
  error_code, exchanges)
SELECT ident('dlv', i), 1, 'bench-0', ident('bat', i / 50), moment(i, total), 0.05, 'done', '', '',
  CASE WHEN i > total - total / 12 THEN json_of('[{"method":"PATCH","url":"https://acme.my.salesforce.com/services/data/v65.0/composite/sobjects","status":200,"request":"{\"Subject\":\"the update that this summary tells of\",\"Jira_Status__c\":\"In progress\"}","response":"500Wq","seconds":0.05,"headers":{}}]') END
FROM n, size WHERE i <= past AND i > total - total / 4;

INSERT INTO record (ref, kind, connection, source, schema_version, data, stamp, seen_at, updated_at,
  key, url, customer, project)
SELECT 'jira:issue:' || (9999 + i), 'work_item', 'jira', 'work', 1,
  json_of('{"key":"ENG-' || i || '","title":"The router restarts at night","type":"task","status":"todo","status_name":"To Do","assignee":{"id":"712020:2b1d","name":"Sam Okafor"}}'),
  moment(total, total), moment(1, total), moment(total, total), 'ENG-' || i,
  'https://acme.atlassian.net/browse/ENG-' || i, NULL, 'ENG'
FROM n, size WHERE i <= records;

INSERT INTO record (ref, kind, connection, source, schema_version, data, stamp, seen_at, updated_at,
  key, url, customer, project)
SELECT 'salesforce:Case:500Wq' || padded(i - 1) || 'IAA', 'feedback', 'salesforce', 'customer-feedback', 1,
  json_of('{"number":"' || padded(i) || '","title":"The router restarts at night","severity":"high"}'),
  moment(total, total), moment(1, total), moment(total, total), padded(i),
  'https://acme.lightning.force.com/lightning/r/Case/500Wq' || padded(i - 1) || 'IAA/view',
  ident('acc', i / 10), NULL
FROM n, size WHERE i <= records;

INSERT INTO link (id, left_ref, left_kind, right_ref, right_kind, right_connection, relation, role,
  slot, state, key, url, event_id, delivery_id, note, created_at, resolved_at)
SELECT ident('lnk', i - 1), 'salesforce:Case:500Wq' || padded(i - 1 + 1000000) || 'IAA', 'feedback',
  'jira:issue:' || (1009999 + i), 'work_item', 'jira', 'originates', 'task', '',
  CASE WHEN i % 1000 = 7 THEN 'dead' ELSE 'live' END, 'ENG-' || i, '', ident('evt', i), ident('dlv', i), '', moment(i, total), moment(i, total)
FROM n, size WHERE i <= records;

INSERT INTO shadow (link_id, ref, field, value, stamp, seen_at)
SELECT 'write_back', 'salesforce:Case:500Wq' || padded(i - 1 + 1000000) || 'IAA', 'Jira_Status__c',
  json_of('"In progress"'), NULL, moment(i, total)
FROM n, size WHERE i <= records;

INSERT INTO ordering_key (key, connection, due_at, urgent, batch, fence)
SELECT 'salesforce|Case:500Wq' || padded(i - 1) || 'IAA', 'salesforce', NULL, false, '', 40
FROM n, size WHERE i <= records;
