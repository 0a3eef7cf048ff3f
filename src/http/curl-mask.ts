const HEADER = /([\w-]*(?:auth|cookie|token|secret|key)[\w-]*\s*:\s*)[^'"\n]*/gi;
const PARAMETER = /([?&\s'"][\w.-]*(?:auth|token|secret|key|sig|password)[\w.-]*=)[^&'"\s]*/gi;
const OPTION = /(\s(?:-u|--user|-U|--proxy-user|--oauth2-bearer|-b|--cookie)[ =]?)(?:'[^']*'|"[^"]*"|\S+)/g;
const ADDRESS = /(:\/\/)[^/?#\s'"@]*@/g;

/** A curl command that could not be read, to be shown again: what looks like a credential is masked. */
export function maskedCommand(command: string): string {
  return command
    .replace(HEADER, "$1•••")
    .replace(PARAMETER, "$1•••")
    .replace(OPTION, "$1•••")
    .replace(ADDRESS, "$1•••@");
}
