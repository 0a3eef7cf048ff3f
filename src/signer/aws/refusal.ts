/** What a refusal is about: only what is wrong with the `key` can be mended by entering another. */
export interface Refusal {
  of: "key" | "clock" | "region";
  sentence: string;
}

// The first that fits counts: a signature that came too late is also called one that does not match.
const KNOWN: [sign: RegExp, refusal: Refusal][] = [
  [
    /RequestTimeTooSkewed|RequestExpired|Signature expired|Signature not yet current/,
    {
      of: "clock",
      sentence:
        "The clock of the machine that Signet runs on is wrong by minutes; signatures count only at the right time. Let it be set by a time server.",
    },
  ],
  [
    /AuthorizationHeaderMalformed|Credential should be scoped to/,
    {
      of: "region",
      sentence:
        "The request was signed for another region or service than its host's. Use the host of the right region, or correct region and service in the service's settings.",
    },
  ],
  [
    /ExpiredToken|TokenRefreshRequired/,
    {
      of: "key",
      sentence: "The temporary keys have ended. Enter new ones, or lasting keys and a role to assume.",
    },
  ],
  [
    /SignatureDoesNotMatch|InvalidSignatureException|IncompleteSignature/,
    {
      of: "key",
      sentence: "The secret access key does not belong to this access key ID, or was not copied whole.",
    },
  ],
  [
    /InvalidAccessKeyId|InvalidClientTokenId|UnrecognizedClientException|security token included in the request is invalid/,
    {
      of: "key",
      sentence:
        "The provider does not know this access key: it was deleted or made inactive, belongs to another partition, or lacks its session token.",
    },
  ],
];

/** What the code in an error's text, XML or JSON, most likely means; undefined for what is not about signing. */
export function refusal(text: string): Refusal | undefined {
  return KNOWN.find(([sign]) => sign.test(text))?.[1];
}
