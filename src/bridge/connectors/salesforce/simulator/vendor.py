"""What Salesforce does, number by number, each behind one name.

`(mem)` marks what no document we hold confirms: if the vendor proves otherwise, change it here.
"""

from datetime import timedelta

# API versions, as of Winter '27 (end-of-life policy page)
NEWEST_VERSION = 68
OLDEST_VERSION = 31  # 7.0 to 30.0 are gone: 410
RETIRED_CODE = "UNSUPPORTED_API_VERSION"  # (mem) the errorCode beside the documented 410
UPSERT_BODY_SINCE = 46  # older versions answer an upsert's update with 204

# Limits
COMPOSITE_LIMIT = 25
COMPOSITE_QUERY_LIMIT = 5
COLLECTION_LIMIT = 200
COLLECTION_SINCE = 42
COLLECTION_UPSERT_SINCE = 46
CHUNK_LIMIT = 10  # the code beside its documented sentence is (mem)
RETRIEVE_LIMIT = 2000
PAGE_SIZE = 2000
CURSOR_SECONDS = 2 * 86_400.0  # (mem)
URI_LIMIT = 16_384
ALLOCATION_SECONDS = 86_400.0  # the rolling window of the daily API allocation
SESSION_SECONDS = 7_200.0  # default session timeout: of inactivity (mem)
ASSERTION_SECONDS = 180  # a JWT bearer assertion lives three minutes at most
CLOCK_SKEW_SECONDS = 5

# Text, numbers and time as the database keeps them (mem, all of them)
TEXT_IS_TRIMMED_IN_FRONT = True  # single-line text; long text keeps its leading spaces
LONG_TEXT_LINE_END = "\r\n"
RICH_TEXT_QUOTES_ARE_ENCODED = True  # &quot; and &#39; in the text of a rich text area
RICH_TEXT_LINKS_OPEN_ANEW = True  # target="_blank" is added to every link
SINGLE_LINE_BREAK = " "  # what a line break in single-line text becomes
LENGTH_IN_UTF16_UNITS = True  # an emoji counts twice against a text field's length
NUMBER_INTO_TEXT_IS_REFUSED = True  # JSON_PARSER_ERROR rather than a silent conversion
NUMERIC_TEXT_INTO_NUMBER_IS_TAKEN = True
STAMP_RESOLUTION_SECONDS = 1.0  # stamps always show .000: two writes in a second look alike
SMALLEST_RESOLUTION = timedelta(milliseconds=1)  # under a scaled clock
DUPLICATE_NAMES_ID_CHARS = 15  # "duplicates value on record with id: " holds the short form
NOT_EQUAL_MATCHES_NULL = True  # SOQL: `Status != 'New'` also finds records without a status

# Outbound Messages (SOAP API guide, outbound messaging)
NOTIFICATIONS_PER_MESSAGE = 100
OUTBOUND_TIMEOUT = 60.0
OUTBOUND_QUEUE_SECONDS = 2.0  # (mem) from the write until the message leaves
OUTBOUND_RETRY_FIRST = 15.0  # (mem) the first wait; the interval then doubles
OUTBOUND_RETRY_LONGEST = 2 * 3_600.0
OUTBOUND_LIFETIME = 24 * 3_600.0
DELETED_NOTIFICATION_KEEPS_SOBJECT = False  # a record deleted first: the notification has no data
NULLS_ARE_ABSENT = True  # else `xsi:nil="true"`
OUTBOUND_AGENT = "SFDC-Callout/67.0"  # (mem)

# Apex callouts
CALLOUT_TIMEOUT = 10.0  # (mem) the default
CALLOUT_QUEUE_SECONDS = 1.0  # (mem) an asynchronous path runs soon after the commit
CALLOUT_RETRY_WAIT = 60.0  # between tries of an org that queues its callouts itself
