/** Why a connection ended or never began, in words that say what to do. */

export const CLOSED_BY_BROKER = "the broker closed the connection";
export const TAKEN_OVER = "another client connected with the same client id, and the broker cut this one off for it";
export const VERSION_REFUSED = "the broker does not speak this version of MQTT";

/** CONNACK's "unacceptable protocol version": MQTT 3.1.1, 3.2.2.3 and MQTT 5, 3.2.2.2. */
const VERSION_CODES: readonly unknown[] = [1, 0x84];
/** Bad user name or password, not authorized: in 3.1.1 and in 5. */
const IDENTITY_CODES: readonly unknown[] = [4, 5, 0x86, 0x87];
/** DISCONNECT's "session taken over", MQTT 5 only. */
const SESSION_TAKEN_OVER = 0x8e;

const TLS_ADVICE: readonly { readonly codes: readonly string[]; readonly advice: string }[] = [
  {
    codes: [
      "DEPTH_ZERO_SELF_SIGNED_CERT",
      "SELF_SIGNED_CERT_IN_CHAIN",
      "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
      "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
    ],
    advice: "name who signed the broker's certificate in mqtt.caFile",
  },
  { codes: ["CERT_HAS_EXPIRED", "CERT_NOT_YET_VALID"], advice: "renew the broker's certificate, or set this host's clock" },
  { codes: ["ERR_TLS_CERT_ALTNAME_INVALID"], advice: "use a name in mqtt.url that stands in the broker's certificate" },
  {
    codes: ["ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED", "ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE"],
    advice: "the broker asks for a certificate: set mqtt.certFile and mqtt.keyFile",
  },
];

export function endingOf(error: Error): string {
  const code: unknown = "code" in error ? error.code : undefined;
  if (VERSION_CODES.includes(code)) return VERSION_REFUSED;
  // A name with several addresses fails with an AggregateError, whose message is empty.
  const text = error.message || (code === undefined ? "" : String(code)) || error.name;
  const advice = IDENTITY_CODES.includes(code)
    ? "check mqtt.username and mqtt.passwordFile"
    : TLS_ADVICE.find(({ codes }) => codes.includes(String(code)))?.advice;
  return advice === undefined ? text : `${text}: ${advice}`;
}

/** What a broker of MQTT 5 said before it hung up. */
export function endingByBroker(reasonCode: number | undefined, reason: string | undefined): string {
  if (reasonCode === SESSION_TAKEN_OVER) return TAKEN_OVER;
  const code = reasonCode === undefined ? "" : ` with reason 0x${reasonCode.toString(16).padStart(2, "0")}`;
  return `${CLOSED_BY_BROKER}${code}${reason ? ` (${reason})` : ""}`;
}
