import { json } from "../echo.ts";
import { problem, SCOPES, type Google } from "./google.ts";
import { routes, type Ground } from "./http.ts";

// Google's Smart Device Management, which followed Works with Nest (developers.google.com/nest/device-access).

export function emulateNest(ground: Ground, google: Google, project: string): void {
  const own = (answer: (email: string) => object) =>
    google.api([SCOPES.devices], ({ params: [enterprise] }, { email }) =>
      enterprise === project
        ? json(answer(email))
        : problem(403, "PERMISSION_DENIED", "The caller does not have permission"),
    );
  const thermostat = { name: `enterprises/${project}/devices/t1`, type: "sdm.devices.types.THERMOSTAT" };
  const home = (email: string) => ({
    name: `enterprises/${project}/structures/${email.split("@")[0]}`,
    traits: { "sdm.structures.traits.Info": { customName: `Home of ${email}` } },
  });
  ground.internet.host(
    "nestservices.google.com",
    routes({ [`GET /partnerconnections/${project}/auth`]: google.oauth.authorize }),
  );
  ground.internet.host(
    "smartdevicemanagement.googleapis.com",
    routes({
      "GET /v1/enterprises/*/devices": own((email) => ({ devices: [{ ...thermostat, owner: email }] })),
      "GET /v1/enterprises/*/structures": own((email) => ({ structures: [home(email)] })),
      "POST /v1/enterprises/*/devices/t1:executeCommand": google.api([SCOPES.devices], () => json({ results: {} })),
    }),
  );
}
