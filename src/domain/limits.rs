//! Every limit of the program, by name. Units are the last word but one; `_max` is the bound.

/// Bytes of one message, after any transport encoding.
pub const MESSAGE_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Bytes of the message in one envelope, decoded.
pub const ENVELOPE_DATA_BYTES_MAX: usize = MESSAGE_BYTES_MAX;
/// Characters of a line of base64 that the ledger can write again; data in longer lines is kept as it came.
pub const BASE64_LINE_CHARS_MAX: usize = 4096;
/// Bytes of a message's text and of what is kept beside it to make the received bytes again, together; above it only
/// the received bytes are kept. Less than [`RECORD_BYTES_MAX`], which holds the facts too.
pub const TEXT_AND_BYTES_MAX: usize = 14 * 1024 * 1024;
/// Characters of a DXP id of an envelope.
pub const DXP_ID_CHARS_MAX: usize = 16;
/// Characters of a DXP id of a message, and so of a filing.
pub const FILED_DXP_ID_CHARS_MAX: usize = 30;
/// Bytes of one schema file.
pub const SCHEMA_BYTES_MAX: u64 = 4 * 1024 * 1024;
/// Depth of nested elements in one message.
pub const XML_DEPTH_MAX: usize = 64;
/// Attributes of one element.
pub const XML_ATTRIBUTES_MAX: usize = 64;
/// Namespace declarations in scope at one place of a message.
pub const XML_BINDINGS_MAX: usize = 256;
/// Bytes of one element or attribute name.
pub const XML_NAME_BYTES_MAX: usize = 512;
/// Values of one typed message, inner messages counted too; more do not fit into the XML of a message.
pub const TYPED_VALUES_MAX: usize = 400_000;
/// Typed messages that are converted at once; further ones wait.
pub const CONVERSIONS_MAX: usize = 8;
/// Typed messages that are converted or wait for it; further senders are told to come back.
pub const CONVERSIONS_WAITING_MAX: usize = 256;
/// Bytes of the automaton of one `xs:pattern`.
pub const PATTERN_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Bytes of an automaton that counts as small; there may be any number of those.
pub const PATTERN_BYTES_SMALL: usize = 512 * 1024;
/// Patterns of one schema set whose automata may be larger than that.
pub const PATTERNS_LARGE_MAX: usize = 8;
/// Faults reported for one message; the rest is counted, not listed.
pub const FAULTS_MAX: usize = 200;
/// Characters of a found value shown in a report.
pub const FOUND_CHARS_MAX: usize = 64;
/// Files of one schema set.
pub const SCHEMA_FILES_MAX: usize = 1000;
/// Schema files that include or import one another in a row.
pub const SCHEMA_FILES_NESTED_MAX: usize = 200;
/// Entities of a schema file within entities.
pub const ENTITY_DEPTH_MAX: usize = 32;
/// Entities put in one schema file, those within entities included.
pub const ENTITIES_REPLACED_MAX: usize = 100_000;
/// Particles of all content models of a schema set, groups counted where they are used.
pub const SCHEMA_PARTICLES_MAX: usize = 200_000;
/// Depth of one content model, groups counted where they are used.
pub const SCHEMA_PARTICLE_DEPTH_MAX: usize = 128;
/// Attributes of all complex types of a schema set, inherited ones included.
pub const SCHEMA_ATTRIBUTES_MAX: usize = 1_000_000;
/// Attribute groups that refer to one another in a row.
pub const SCHEMA_GROUPS_NESTED_MAX: usize = 128;
/// Comparisons of particles that one restriction may take.
pub const SCHEMA_COMPARISONS_MAX: usize = 2_000_000;
/// Names held while one content model is checked for ambiguity.
pub const SCHEMA_NAMES_COMPARED_MAX: usize = 50_000_000;
/// Members of all substitution groups, counted under each head.
pub const SCHEMA_MEMBERS_MAX: usize = 1_000_000;
/// Counter states of one open element whose content model counts in more than one way.
pub const MODEL_STATES_MAX: usize = 1024;
/// Qualified nodes of identity constraints that are open or remembered at once in one message.
pub const KEYS_MAX: usize = 1_000_000;
/// Business documents in one message (R-SCH-01).
pub const DOCUMENTS_MAX: usize = 100;
/// Numbers in the lines of one document that lead to it; a document with more is found by its first ones and its head.
pub const LINE_NUMBERS_MAX: usize = 65_536;
/// Documents that one page of a trace follows at most.
pub const TRACE_DOCUMENTS_MAX: usize = 256;
/// Documents of one number that a trade takes in, of each kind of number.
pub const TRADE_DOCUMENTS_MAX: usize = 64;
/// Appends that may wait for the writer.
pub const APPEND_QUEUE_ENTRIES_MAX: usize = 4096;
/// Bytes of records that may wait for the writer, as they came and as encoded together.
pub const APPEND_QUEUE_BYTES_MAX: usize = 256 * 1024 * 1024;
/// Bytes of one group of records, written and synced together.
pub const GROUP_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Bytes after which a new segment file is begun.
pub const SEGMENT_BYTES_MAX: u64 = 256 * 1024 * 1024;
/// Bytes of the sections of one record.
pub const RECORD_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Bytes of one gRPC message beyond [`MESSAGE_BYTES_MAX`]: room for the fields around the payload. A
/// message in between is refused by the intake, with both sizes; one over it is not read at all.
pub const ENVELOPE_BYTES_MAX: usize = 64 * 1024;
/// TLS connections open at once.
pub const CONNECTIONS_MAX: usize = 4096;
/// TLS connections open at once with one client certificate.
pub const CONNECTIONS_PER_CERTIFICATE_MAX: usize = 64;
/// TLS handshakes under way at once.
pub const HANDSHAKES_MAX: usize = 512;
/// Milliseconds for one TLS handshake.
pub const HANDSHAKE_WAIT_MS: u64 = 5_000;
/// Milliseconds for the head of an HTTP/1.1 request.
pub const HTTP1_HEAD_WAIT_MS: u64 = 10_000;
/// Bytes buffered for the head of an HTTP/1.1 request.
pub const HTTP1_BUFFER_BYTES_MAX: usize = 64 * 1024;
/// Headers of one HTTP/1.1 request.
pub const HTTP1_HEADERS_MAX: usize = 64;
/// Streams open at once on one HTTP/2 connection.
pub const HTTP2_STREAMS_MAX: u32 = 256;
/// Bytes of all headers of one HTTP/2 request.
pub const HTTP2_HEADER_BYTES_MAX: u32 = 16 * 1024;
/// Streams that a client may reset before we have looked at them ("rapid reset").
pub const HTTP2_PENDING_RESETS_MAX: usize = 32;
/// Streams that a client may make us reset on one connection ("made you reset").
pub const HTTP2_ERROR_RESETS_MAX: usize = 256;
/// Bytes that one HTTP/2 stream may send ahead.
pub const HTTP2_STREAM_WINDOW_BYTES: u32 = 1024 * 1024;
/// Bytes that one HTTP/2 connection may send ahead.
pub const HTTP2_CONNECTION_WINDOW_BYTES: u32 = 4 * 1024 * 1024;
/// Bytes of answers buffered for one HTTP/2 stream.
pub const HTTP2_SEND_BUFFER_BYTES_MAX: usize = 512 * 1024;
/// Milliseconds between HTTP/2 pings on a connection.
pub const HTTP2_PING_EVERY_MS: u64 = 20_000;
/// Milliseconds to wait for the answer to a ping.
pub const HTTP2_PING_WAIT_MS: u64 = 10_000;
/// Milliseconds that open requests may take to end after a stop was asked for.
pub const DRAIN_WAIT_MS: u64 = 10_000;
/// Milliseconds from a request's head to its answer's head; a shorter `grpc-timeout` wins.
pub const REQUEST_WAIT_MS: u64 = 60_000;
/// Milliseconds that a read waits for the state to reach its `at_least` token.
pub const REACH_WAIT_MS: u64 = 5_000;
/// Milliseconds between looks at the certificate, key, CA and CRL files.
pub const TLS_RELOAD_EVERY_MS: u64 = 2_000;
/// Bytes of one certificate, key, CA or CRL file.
pub const TLS_FILE_BYTES_MAX: u64 = 32 * 1024 * 1024;
/// Messages of one submit stream that are worked on at once.
pub const STREAM_IN_FLIGHT_MAX: usize = 64;
/// Answers of one stream that wait for a slow client.
pub const STREAM_ANSWERS_MAX: usize = 16;
/// Milliseconds between checks that the party of a quiet stream is still filed and trusted.
pub const STREAM_RECHECK_EVERY_MS: u64 = 5_000;
/// Long streams that one party may have open at once.
pub const STREAMS_PER_PARTY_MAX: usize = 256;
/// Deliveries allowed at the start of a consumer that names no number.
pub const CREDIT_DEFAULT: u32 = 1_000;
/// Deliveries allowed at once to one consumer.
pub const CREDIT_MAX: u32 = 100_000;
/// Items of a page if the request names no number.
pub const PAGE_SIZE_DEFAULT: usize = 100;
/// Items of a page.
pub const PAGE_SIZE_MAX: usize = 1_000;
/// Characters of an id, code, name, token or number in a request.
pub const TOKEN_CHARS_MAX: usize = 256;
/// Values of one repeated field of a request.
pub const REPEATED_MAX: usize = 100;
/// Characters of customs' text in a decision.
pub const DECISION_INFO_CHARS_MAX: usize = 1_000;
/// Characters of a subscription's name.
pub const SUBSCRIPTION_NAME_CHARS_MAX: usize = 64;
/// Requests a second of one party, unless configured.
pub const RATE_REQUESTS_PER_SECOND: u32 = 20_000;
/// Payload kilobytes a second of one party, unless configured.
pub const RATE_KILOBYTES_PER_SECOND: u32 = 256 * 1024;
/// Bytes of a configuration file.
pub const CONFIG_BYTES_MAX: u64 = 1024 * 1024;
/// Bytes of applied state in memory after which a commit is begun.
pub const STATE_CHECKPOINT_BYTES: usize = 64 * 1024 * 1024;
/// Keys of applied state in memory after which a commit is begun.
pub const STATE_CHECKPOINT_ENTRIES: usize = 400_000;
/// Bytes of applied state in memory at which applying waits for the commit that still runs.
pub const STATE_ACTIVE_BYTES_MAX: usize = 160 * 1024 * 1024;
/// Bytes of the state store's block cache, filters and indexes included.
pub const STATE_CACHE_BYTES: u64 = 256 * 1024 * 1024;
/// Bytes of unflushed writes of one state table inside the engine: less than one commit, so that a busy
/// table is flushed after each and neither reads nor a restart have to go through them.
pub const STATE_MEMTABLE_BYTES: u64 = 1024 * 1024;
/// Bytes of the engine's journals, about; a restart after a crash replays them.
pub const STATE_JOURNAL_BYTES: u64 = 64 * 1024 * 1024;
/// Outcomes of recent entries kept in memory for waiting senders and live subscriptions.
pub const RECENT_OUTCOMES_MAX: usize = 4096;
/// Events in them; the outcomes of 100-document messages are large.
pub const RECENT_EVENTS_MAX: usize = 20_000;
/// Bytes of entries that the applier reads at a time.
pub const REPLAY_READ_BYTES: usize = 8 * 1024 * 1024;
/// Bytes of entries that a proof reads at a time: about a block of 64 small ones.
pub const PROOF_READ_BYTES: usize = 256 * 1024;
/// Events of one entry that are proved in one answer.
pub const EVENT_PROOFS_MAX: usize = 200;
/// Blocks of 64 leaves that one request for proofs keeps in memory.
pub const PROOF_BLOCKS_MAX: usize = 1024;
/// Messages that may wait for a core to be checked.
pub const INTAKE_QUEUE_MAX: usize = 2048;
/// Bytes of messages that wait for a core, all together.
pub const INTAKE_QUEUE_BYTES_MAX: usize = 256 * 1024 * 1024;
/// Times that a message is checked again because editions changed meanwhile.
pub const STALE_RETRIES_MAX: u32 = 3;
/// Subscriptions of one party.
pub const SUBSCRIPTIONS_MAX: usize = 1000;
/// Deliveries that a consumer may hold unacknowledged, for checking its acks.
pub const UNACKED_DELIVERIES_MAX: usize = 100_000;
/// Bytes of a personal value that a rejection points at.
pub const PERSONAL_VALUE_BYTES_MAX: u32 = 256;
/// Elements in one signature.
pub const SIGNATURE_ELEMENTS_MAX: usize = 64;
/// Bytes of text and attributes in one signature: many times a certificate.
pub const SIGNATURE_BYTES_MAX: usize = 64 * 1024;
/// Certificates for signatures that one party may have filed.
pub const SIGNING_CERTIFICATES_MAX: usize = 16;
/// Bytes of one such certificate.
pub const SIGNING_CERTIFICATE_BYTES_MAX: usize = 16 * 1024;
/// Bytes of a scenario of the customs simulator.
pub const SCENARIO_BYTES_MAX: u64 = 256 * 1024;
/// Rules of one scenario.
pub const SCENARIO_RULES_MAX: usize = 1_000;
/// Steps of one rule of a scenario.
pub const SCENARIO_STEPS_MAX: usize = 20;
/// Milliseconds of one wait of a scenario: a year.
pub const SCENARIO_WAIT_MS_MAX: u64 = 366 * 24 * 3600 * 1000;
/// How many times faster than its scenario a simulator may run.
pub const SIMULATOR_SPEED_MAX: u32 = 1_000_000;
/// Deliveries that the customs simulator works on at once; further ones wait in the exchange.
pub const SIMULATOR_OPEN_MAX: usize = 20_000;
/// Decisions and notices of the customs simulator that are on their way at once.
pub const SIMULATOR_IN_FLIGHT_MAX: usize = 64;
/// Lines of one document that the customs simulator reads; further ones are not looked at.
pub const SIMULATOR_LINES_MAX: usize = 2_000;
/// Bits of an RSA key whose signatures are checked; longer ones cost more time than a card ever asks for.
pub const RSA_BITS_MAX: usize = 8192;
/// Messages about foreign exchange in one request.
pub const FOREX_MESSAGES_MAX: usize = 1000;
/// Goods named in one of them.
pub const FOREX_GOODS_MAX: usize = 10;
/// Bytes of one upload of raw payment data.
pub const PAYMENT_DATA_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Requests for raw payment data a second of one party, and uploads of one: announcements 165 and 179 name no figure, so it
/// is that of a payment institution's interface (`forex_requests_per_second`).
pub const PAYMENT_DATA_CALLS_PER_SECOND: u32 = 150;
/// Fields of one form.
pub const PAYMENT_FORM_FIELDS_MAX: usize = 64;
/// Orders of one payment in an upload.
pub const PAYMENT_ORDERS_MAX: usize = 100;
/// Goods of one order in an upload.
pub const PAYMENT_GOODS_MAX: usize = 1000;
/// Requests for the raw data of one order that are kept.
pub const PAYMENT_SESSIONS_MAX: usize = 32;
/// Characters of the id that the sender of a typed request gives it.
pub const REQUEST_ID_CHARS_MAX: usize = 64;
/// Licences of one filing.
pub const LICENCES_MAX: usize = 32;
/// Applications for a filing that one certificate may ever send.
pub const APPLICATIONS_PER_CERTIFICATE_MAX: usize = 100;
/// Statements in the history of one filing or one firm's credit grade.
pub const STATEMENTS_MAX: usize = 1_000;
/// Products of one request.
pub const PRODUCTS_MAX: usize = 100;
/// Items of a book in one request.
pub const BOOK_ITEMS_MAX: usize = 1_000;
/// Requests a second of all callers together that are not filed yet.
pub const UNFILED_REQUESTS_PER_SECOND: u32 = 20;
/// Open lists that a change of a credit grade names.
pub const OPEN_LISTS_MAX: usize = 100;
/// Submissions that are looked through for them, the newest first.
pub const OPEN_LISTS_LOOKED_AT_MAX: usize = 500;
/// Characters of a reason, a note or an address in a request.
pub const NOTE_CHARS_MAX: usize = 500;
/// Characters of the name of a period of draws.
pub const PERIOD_NAME_CHARS_MAX: usize = 32;
/// Draws over lists in one entry.
pub const DRAWS_PER_ENTRY_MAX: usize = 2_000;
/// Officers of one customs office.
pub const OFFICERS_MAX: usize = 1_000;
/// Results of inspections of one list.
pub const INSPECTION_RESULTS_MAX: usize = 32;
/// Characters of a finding, a reason or a conclusion.
pub const FINDING_CHARS_MAX: usize = 1_000;
/// Agreements of agencies on record.
pub const AGREEMENTS_MAX: usize = 256;
/// Characters of a request for assistance and of its answer.
pub const ASSISTANCE_CHARS_MAX: usize = 4_000;
/// Findings of one post-audit case.
pub const AUDIT_FINDINGS_MAX: usize = 100;
/// Consents of one firm to one bank that are kept.
pub const CONSENT_HISTORY_MAX: usize = 64;
/// Draws that one page of an audit computes again.
pub const DRAWS_AUDITED_MAX: usize = 10_000;
/// Firms that are drawn at once for post-audit.
pub const FIRMS_DRAWN_MAX: usize = 100_000;
/// Trace records, withdrawals and blocks of one request, together.
pub const TRACE_RECORDS_MAX: usize = 1_000;
/// Trace records under one number that an answer or a list follows.
pub const TRACE_RECORDS_FOLLOWED_MAX: usize = 256;
/// Older versions of a trace record that an answer shows.
pub const TRACE_HISTORY_MAX: usize = 100;
/// Lots of one item that a list or a rule looks at.
pub const LOTS_OF_ITEM_MAX: usize = 1_000;
/// Characters of a text in a trace record, a stock message or a parcel event.
pub const TRACE_TEXT_CHARS_MAX: usize = 128;
/// Characters of a reason in a trace or stock request.
pub const TRACE_REASON_CHARS_MAX: usize = 500;
/// Events of one batch of parcel events.
pub const PARCEL_EVENTS_MAX: usize = 1_000;
/// Events kept of one parcel, the newest by their own time; those beyond are counted.
pub const PARCEL_LINE_EVENTS_MAX: usize = 64;
/// Events of one parcel beyond those kept that are told apart when they are counted.
pub const PARCEL_OMITTED_MAX: usize = 256;
/// Milliseconds that the time of a parcel event may lie ahead of the entry that brings it: clocks differ.
pub const PARCEL_AHEAD_MS_MAX: i64 = 24 * 3_600_000;
/// Days from acceptance to signature that are told apart in statistics; longer ones count as this.
pub const PARCEL_DAYS_MAX: usize = 90;
/// Rows of one stock request.
pub const STOCK_ROWS_MAX: usize = 1_000;
/// Parcels of one gate-out sheet.
pub const GATE_PARCELS_MAX: usize = 1_000;
/// Requests a second to the public page, all askers together.
pub const PUBLIC_REQUESTS_PER_SECOND: u32 = 200;
/// Requests a second to the public page of one address; as many again may come at once.
pub const PUBLIC_REQUESTS_PER_ADDRESS: u32 = 5;
/// Addresses whose rate the public page remembers.
pub const PUBLIC_ADDRESSES_MAX: usize = 10_000;
/// Connections to the public page open at once.
pub const PUBLIC_CONNECTIONS_MAX: usize = 256;
/// Milliseconds that one connection to the public page may take.
pub const PUBLIC_CONNECTION_MS: u64 = 15_000;
/// Rows of one change of a dated table; the official tariff has about 14,000.
pub const TABLE_CHANGE_ROWS_MAX: usize = 20_000;
/// Rows of all dated tables together, since the first entry.
pub const TABLE_ROWS_MAX: usize = 1_000_000;
/// Characters of a key, value or source in a dated table.
pub const TABLE_TEXT_CHARS_MAX: usize = 500;
/// Characters of the note of a change of a dated table.
pub const TABLE_NOTE_CHARS_MAX: usize = 1_000;
/// Bytes of a file of a dated table.
pub const TABLE_FILE_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Problems listed for one change of a dated table; the rest is counted.
pub const TABLE_PROBLEMS_MAX: usize = 200;
/// Lists that one application for consolidation may take in, named or by its time range.
pub const CONSOLIDATION_LISTS_MAX: usize = 10_000;
/// Events about lists that one arrival, departure, link or result yields; what goes beyond is recorded without one.
pub const LIST_EVENTS_MAX: usize = 10_000;
/// Reasons that one rule lists for one document; the rest shows once these are mended.
pub const REASONS_OF_RULE_MAX: usize = 50;
/// Characters of a consolidation's preview in an event; the whole is read by a call.
pub const PREVIEW_CHARS_MAX: usize = 2_000;
/// Characters of a guarantor's code, as of any code in the standard.
pub const GUARANTOR_CHARS_MAX: usize = 30;
/// Live returns of one list.
pub const RETURNS_OF_LIST_MAX: usize = 256;
/// Orders that one payment may be split over.
pub const SPLIT_ORDERS_MAX: usize = 256;
/// Rows of the worklist that one page looks through at most.
pub const WORK_ROWS_MAX: usize = 5_000;
/// Bytes of what a worklist item is about, as a key.
pub const WORK_KEY_BYTES_MAX: usize = 128;
/// Lists that one report of the three-document match shows.
pub const REPORT_LISTS_MAX: usize = 64;
