/**
 * Scripts for shells, made of the table of commands and flags.
 *
 * @module
 */

import type { CompletedCommand, CompletedFlag } from "./table.ts";

/** Single quotes around a word of a shell. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

const NOTE = "Made by freeknot completions: do not edit.";

/** A script for bash: flags of the command, and values behind a flag. */
export function bashScript(commands: readonly CompletedCommand[]): string {
  const flagCases = commands.map(({ name, flags, words }) =>
    `    ${name}) words=${quoted([...flags.map((flag) => flag.name), ...words].join(" "))} ;;`
  );
  const valueCases = commands.flatMap(({ name, flags }) =>
    flags.filter(({ value }) => value !== "none").map(({ name: flag, value }) =>
      `    ${name}:${flag}) ${bashValue(value)} ;;`
    )
  );
  const names = commands.map(({ name }) => name);
  return `# ${NOTE}
_freeknot() {
  local current="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}"
  local command="\${COMP_WORDS[1]}" words=""
  # bash takes --flag=value apart at the equals sign
  if [[ "$before" == "=" ]]; then before="\${COMP_WORDS[COMP_CWORD-2]}"; fi
  if [[ "$current" == "=" ]]; then current=""; fi
  COMPREPLY=()
  if [[ $COMP_CWORD -eq 1 ]]; then
    COMPREPLY=($(compgen -W ${
    quoted([...names, "help", "--help", "--version"].join(" "))
  } -- "$current"))
    return
  fi
  if [[ "$command" == help ]]; then
    COMPREPLY=($(compgen -W ${quoted(names.join(" "))} -- "$current"))
    return
  fi
  case "$command:$before" in
${valueCases.join("\n")}
  esac
  case "$command" in
${flagCases.join("\n")}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -F _freeknot freeknot
`;
}

function bashValue(value: CompletedFlag["value"]): string {
  if (value === "file") {
    return 'compopt -o filenames; COMPREPLY=($(compgen -f -- "$current")); return';
  }
  if (value === "folder") {
    return 'compopt -o filenames; COMPREPLY=($(compgen -d -- "$current")); return';
  }
  if (typeof value === "string") return "return";
  return `COMPREPLY=($(compgen -W ${quoted(value.join(" "))} -- "$current")); return`;
}

/** A script for zsh, with a line of text beside every flag. */
export function zshScript(commands: readonly CompletedCommand[]): string {
  const escaped = (text: string) => text.replace(/[\[\]:\\]/g, "\\$&");
  const argument = ({ name, text, value }: CompletedFlag) => {
    const action = value === "none"
      ? ""
      : value === "file"
      ? ":file:_files"
      : value === "folder"
      ? ":folder:_files -/"
      : value === "any"
      ? ":value: "
      : `:value:(${value.join(" ")})`;
    const equals = value === "none" ? "" : "=";
    return `        ${quoted(`${name}${equals}[${escaped(text)}]${action}`)}`;
  };
  const cases = commands.map(({ name, flags, words }) =>
    `      ${name})
        _arguments \\
${
      [
        ...flags.map(argument),
        ...(words.length === 0 ? [] : [`        ${quoted(`1:word:(${words.join(" ")})`)}`]),
      ].join(" \\\n")
    }
        ;;`
  );
  return `#compdef freeknot
# ${NOTE}
_freeknot() {
  local context state line
  local -a commands
  commands=(
${commands.map(({ name, text }) => `    ${quoted(`${name}:${escaped(text)}`)}`).join("\n")}
    'help:Explain a command.'
  )
  _arguments -C '1:command:->command' '*::argument:->argument'
  case $state in
    command) _describe command commands ;;
    argument)
      case $line[1] in
      help) _describe command commands ;;
${cases.join("\n")}
      esac
      ;;
  esac
}
if [[ $funcstack[1] == _freeknot ]]; then _freeknot "$@"; else compdef _freeknot freeknot; fi
`;
}

/** A script for fish. */
export function fishScript(commands: readonly CompletedCommand[]): string {
  const names = commands.map(({ name }) => name).join(" ");
  const first = `not __fish_seen_subcommand_from ${names} help`;
  const lines = commands.flatMap(({ name, text, flags, words }) => {
    const within = `__fish_seen_subcommand_from ${name}`;
    return [
      `complete -c freeknot -f -n ${quoted(first)} -a ${name} -d ${quoted(text)}`,
      ...words.map((word) => `complete -c freeknot -f -n ${quoted(within)} -a ${word}`),
      ...flags.map(({ name: flag, text, value }) =>
        `complete -c freeknot -n ${quoted(within)} -l ${flag.slice(2)}${fishValue(value)} ` +
        `-d ${quoted(text)}`
      ),
    ];
  });
  return `# ${NOTE}
${lines.join("\n")}
complete -c freeknot -f -n ${quoted("__fish_seen_subcommand_from help")} -a ${quoted(names)}
`;
}

function fishValue(value: CompletedFlag["value"]): string {
  if (value === "none") return " -f";
  if (value === "file") return " -r -F";
  if (value === "folder") return " -x -a '(__fish_complete_directories)'";
  return value === "any" ? " -x" : ` -x -a ${quoted(value.join(" "))}`;
}
