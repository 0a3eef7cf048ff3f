/** The part of oidc-provider that the demo and the tests use; the package ships no types. */
declare module "oidc-provider" {
  import type { IncomingMessage, ServerResponse } from "node:http";

  export interface Interaction {
    uid: string;
    prompt: { name: string };
    params: Record<string, string>;
    session?: { accountId: string; uid: string };
    result?: { login?: { accountId: string } };
  }

  export interface AccessToken {
    accountId: string;
    scope: string | undefined;
    isValid: boolean;
    /** Of the certificate that the token is bound to (RFC 8705 section 3.1). */
    "x5t#S256": string | undefined;
  }

  export interface ClientCredentials {
    clientId: string;
    isValid: boolean;
  }

  export interface Grant {
    addOIDCScope(scope: string): void;
    rejectOIDCScope(scope: string): void;
    save(seconds?: number): Promise<string>;
  }

  export interface Session {
    accountId: string | undefined;
    persist(): Promise<unknown>;
  }

  export interface Adapter {
    upsert(id: string, payload: Record<string, unknown>, expiresIn?: number): Promise<void>;
    find(id: string): Promise<Record<string, unknown> | undefined>;
    findByUid(uid: string): Promise<Record<string, unknown> | undefined>;
    findByUserCode(userCode: string): Promise<Record<string, unknown> | undefined>;
    consume(id: string): Promise<void>;
    destroy(id: string): Promise<void>;
    revokeByGrantId(grantId: string): Promise<void>;
  }

  export class Check {
    static readonly REQUEST_PROMPT: boolean;
    static readonly NO_NEED_TO_PROMPT: boolean;
    constructor(reason: string, description: string, check: (ctx: never) => boolean);
  }

  export const interactionPolicy: {
    Check: typeof Check;
    base(): { get(name: string): { checks: { add(check: Check): void } } };
  };

  export class Provider {
    constructor(issuer: string, configuration: Record<string, unknown>);
    readonly AccessToken: { find(token: string): Promise<AccessToken | undefined> };
    readonly ClientCredentials: { find(token: string): Promise<ClientCredentials | undefined> };
    readonly Grant: { new (facts: { accountId: string; clientId: string }): Grant; find(id: string): Promise<unknown> };
    readonly Client: { find(id: string): Promise<{ metadata(): Record<string, unknown> } | undefined> };
    readonly RefreshToken: { new (facts: Record<string, unknown>): { save(): Promise<string> } };
    readonly Interaction: { find(uid: string): Promise<Interaction | undefined> };
    readonly Session: {
      findByUid(uid: string): Promise<Session | undefined>;
      get(context: unknown): Promise<Session>;
    };
    createContext(request: IncomingMessage, response: ServerResponse): unknown;
    callback(): (request: IncomingMessage, response: ServerResponse) => Promise<void>;
    interactionDetails(request: IncomingMessage, response: ServerResponse): Promise<Interaction>;
    interactionFinished(
      request: IncomingMessage,
      response: ServerResponse,
      result: Record<string, unknown>,
      options?: { mergeWithLastSubmission?: boolean },
    ): Promise<void>;
  }
}

declare module "oidc-provider/lib/adapters/memory_adapter.js" {
  import type { Adapter } from "oidc-provider";
  const MemoryAdapter: new (model: string) => Adapter;
  export default MemoryAdapter;
}
