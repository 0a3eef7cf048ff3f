import type { Actor } from "../../src/access/actor.ts";
import { connectAccount } from "../../src/accounts/connect.ts";
import type { Account } from "../../src/accounts/account.ts";
import { addService } from "../../src/services/add.ts";
import type { Service } from "../../src/services/service.ts";
import type { TestWorld } from "./world.ts";

/** A service of kind "bearer" at `url`, made by an admin. */
export function bearerService(hub: TestWorld, admin: Actor, url: string, more: object = {}): Promise<Service> {
  return addService(hub.ctx(admin), {
    kind: "bearer",
    name: `Helpdesk ${Math.random()}`,
    settings: {},
    hosts: [],
    base_url: url,
    ...more,
  });
}

/** An account of the actor's own at that service. */
export function connected(
  hub: TestWorld,
  actor: Actor,
  service: Service,
  secret: Record<string, unknown>,
  more: object = {},
): Promise<Account> {
  return connectAccount(hub.ctx(actor), { service: service.id, name: "Support inbox", secret, ...more });
}
