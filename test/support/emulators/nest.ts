import { json } from "../echo.ts";
import { problem, SCOPES, type Google } from "./google.ts";
import { routes, type Ground } from "./http.ts";

// Google's Smart Device Management, which followed Works with Nest (developers.google.com/nest/device-access).

export function emulateNest(ground: Ground, google: Google, project: string): void {
  const devices = google.api([SCOPES.devices], ({ params: [enterprise] }, { email }) => {
    if (enterprise !== project) return problem(403, "PERMISSION_DENIED", "The caller does not have permission");
    const name = `enterprises/${project}/devices/thermostat`;
    return json({ devices: [{ name, type: "sdm.devices.types.THERMOSTAT", owner: email }] });
  });
  ground.internet.host(
    "nestservices.google.com",
    routes({ [`GET /partnerconnections/${project}/auth`]: google.oauth.authorize }),
  );
  ground.internet.host(
    "smartdevicemanagement.googleapis.com",
    routes({
      "GET /v1/enterprises/*/devices": devices,
      "POST /v1/enterprises/*/devices/thermostat:executeCommand": google.api([SCOPES.devices], () =>
        json({ results: {} }),
      ),
    }),
  );
}
