import { json } from "../echo.ts";
import { problem, SCOPES, type Google } from "./google.ts";
import { jsonOf, routes, type Ground } from "./http.ts";

// Google's Smart Device Management, which followed Works with Nest (developers.google.com/nest/device-access).

export function emulateNest(ground: Ground, google: Google, project: string): void {
  const own = (answer: (email: string) => object) =>
    google.api([SCOPES.devices], ({ params: [enterprise] }, { email }) =>
      enterprise === project
        ? json(answer(email))
        : problem(403, "PERMISSION_DENIED", "The caller does not have permission"),
    );
  let mode = "COOL";
  const thermostat = {
    name: `enterprises/${project}/devices/t1`,
    type: "sdm.devices.types.THERMOSTAT",
    traits: {
      "sdm.devices.traits.Info": { customName: "Hall" },
      "sdm.devices.traits.Temperature": { ambientTemperatureCelsius: 19.5 },
      "sdm.devices.traits.Humidity": { ambientHumidityPercent: 40 },
    },
    parentRelations: [{ displayName: "Hallway" }],
  };
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
      "GET /v1/enterprises/*/devices/*": google.api([SCOPES.devices], ({ params: [, device] }) =>
        device === "t1" ? json(thermostat) : problem(404, "NOT_FOUND", `Device ${device} not found.`),
      ),
      "POST /v1/enterprises/*/devices/t1:executeCommand": google.api([SCOPES.devices], ({ request }) => {
        const { command, params } = (jsonOf(request) ?? {}) as { command?: string; params?: { mode?: string } };
        if (command?.endsWith(".SetMode")) mode = params!.mode!;
        if (command?.endsWith(".SetHeat") && mode !== "HEAT")
          return problem(400, "FAILED_PRECONDITION", "Command not allowed in current thermostat mode.");
        return json({});
      }),
    }),
  );
}
