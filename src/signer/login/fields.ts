import type { Field } from "../kind.ts";
import { wonFields } from "../won.ts";

export const settingsFields: Field[] = [
  {
    name: "login_url",
    label: "Login address",
    type: "url",
    required: true,
    example: "https://provider.example/api/login",
  },
  {
    name: "method",
    label: "Method",
    type: "choice",
    options: ["POST", "PUT", "GET"].map((method) => ({ value: method, label: method })),
  },
  {
    name: "body_format",
    label: "Format of the login",
    type: "choice",
    options: [
      { value: "json", label: "JSON" },
      { value: "form", label: "Form" },
    ],
  },
  {
    name: "body",
    label: "Body of the login",
    type: "textarea",
    example: '{"user":"{username}","password":"{password}"}',
    help: "JSON, or for a form one name=value on each line. Each account is asked for what stands in braces.",
  },
  {
    name: "login_auth",
    label: "User name and password as HTTP Basic",
    type: "choice",
    advanced: true,
    options: [
      { value: "none", label: "No" },
      { value: "basic", label: "Yes" },
    ],
  },
  {
    name: "client_secret",
    label: "Secret of the application",
    type: "text",
    hidden: true,
    advanced: true,
    help: "The same for all accounts; {client_secret} stands for it.",
  },
  { name: "login_headers", label: "Further headers of the login", type: "map", advanced: true },
  {
    name: "session_in",
    label: "Where the session is in the answer",
    type: "choice",
    options: [
      { value: "json", label: "In its JSON" },
      { value: "header", label: "In a header" },
      { value: "cookie", label: "In a cookie" },
    ],
  },
  {
    name: "session_path",
    label: "Path or name of the session",
    type: "text",
    example: "credentials.token",
    help: "Dots walk into objects. Empty is the whole JSON text, or all cookies.",
  },
  {
    name: "attach",
    label: "How the session goes out",
    type: "choice",
    options: [
      { value: "header", label: "In a header" },
      { value: "cookie", label: "As a cookie" },
    ],
  },
  { name: "header", label: "Header", type: "text", advanced: true, example: "Authorization" },
  { name: "format", label: "Format", type: "text", advanced: true, example: "Bearer {session}" },
  { name: "cookie_name", label: "Cookie", type: "text", advanced: true, help: "When it is not called as it came." },
  ...wonFields,
  { name: "metadata", label: "What to keep of the answer", type: "map", advanced: true, example: "site_id=site.id" },
  {
    name: "logout_url",
    label: "Logout address",
    type: "url",
    advanced: true,
    help: "Called with the session when an account is disconnected.",
  },
  {
    name: "logout_method",
    label: "Method of the logout",
    type: "choice",
    advanced: true,
    options: ["POST", "DELETE", "GET"].map((method) => ({ value: method, label: method })),
  },
  {
    name: "labels",
    label: "What the parts are called",
    type: "map",
    advanced: true,
    example: "username=Client ID",
  },
  {
    name: "open_parts",
    label: "Parts that are no secret",
    type: "list",
    advanced: true,
    example: "username",
    help: "Shown with the account, such as a user name or a site.",
  },
];
