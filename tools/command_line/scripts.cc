// Each script hands the words to `mpsdscope __complete` and the answer to its shell
// (completions.h says how it reads).
#include <array>
#include <utility>

#include "tools/command_line/completions.h"

namespace mpsdscope {
namespace {

// Bash breaks words at '=' and ':' too (COMP_WORDBREAKS): they are put together again, and of a
// candidate only what is behind the last break is given back.
constexpr std::string_view kBash = R"--(# bash completion for mpsdscope
_mpsdscope() {
  local IFS=$'\n' rest=${COMP_LINE:0:COMP_POINT} word space breaks='' cut='' line i
  local -a words=() lines
  for ((i = 0; i <= COMP_CWORD; i++)); do
    space=${rest%%[![:space:]]*}
    rest=${rest#"$space"}
    word=${COMP_WORDS[i]}
    ((${#word} <= ${#rest})) || word=$rest
    rest=${rest#"$word"}
    if ((i == 0)) || [[ $space ]]; then words+=("$word"); else words[-1]+=$word; fi
  done
  word=${words[-1]}
  [[ $COMP_WORDBREAKS != *=* ]] || breaks+='='
  [[ $COMP_WORDBREAKS != *:* ]] || breaks+=':'
  [[ ! $breaks ]] || cut=${word%"${word##*["$breaks"]}"}
  mapfile -t lines < <("${words[0]/#\~\//$HOME/}" __complete "${words[@]:1}" 2>/dev/null)
  COMPREPLY=()
  case ${lines[0]-} in
    files*) compopt -o default ;;
    directories*) compopt -o dirnames ;;
    *)
      for line in "${lines[@]:1}"; do
        line=${line%%$'\t'*}
        COMPREPLY+=("${line#"$cut"}")
      done
      [[ ${#COMPREPLY[@]} -ne 1 || ${COMPREPLY[0]} != *[=:/] ]] || compopt -o nospace
      ;;
  esac
}
complete -F _mpsdscope mpsdscope
)--";

constexpr std::string_view kZsh = R"--(#compdef mpsdscope
# zsh completion for mpsdscope
_mpsdscope() {
  local -a lines whole begun
  local line kind
  lines=("${(@f)$("${words[1]/#\~\//$HOME/}" __complete "${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}" 2>/dev/null)}")
  kind=${lines[1]}
  shift lines
  case $kind in
    files*|directories*)
      [[ $kind != *= ]] || compset -P 1 "${(b)kind#* }"
      if [[ $kind == files* ]]; then _files; else _files -/; fi
      ;;
    words)
      for line in $lines; do
        kind=${line%%$'\t'*}
        line=${kind//:/\\:}${line#$kind}
        if [[ $kind == *[=:/] ]]; then begun+=("${line/$'\t'/:}"); else whole+=("${line/$'\t'/:}"); fi
      done
      _describe -V mpsdscope whole -- begun -S ''
      ;;
  esac
}
if [[ $funcstack[1] == _mpsdscope ]]; then _mpsdscope "$@"; else compdef _mpsdscope mpsdscope; fi
)--";

constexpr std::string_view kFish = R"--(# fish completion for mpsdscope
function __mpsdscope_complete
    set -l words (commandline -opc)
    set -l program (string replace -r '^~/' "$HOME/" -- $words[1])
    set -e words[1]
    set -l word (commandline -ct)
    set -l lines ($program __complete $words "$word" 2>/dev/null)
    set -l begin (string replace -r '^\S+ ?' '' -- "$lines[1]")
    set -l name (string sub -s (math 1 + (string length -- "$begin")) -- "$word")
    set -l kind (string split -f 1 ' ' -- "$lines[1]")
    set -e lines[1]
    switch "$kind"
        case files
            printf '%s\n' $begin(__fish_complete_path "$name")
        case directories
            printf '%s\n' $begin(__fish_complete_directories "$name" '')
        case '*'
            printf '%s\n' $lines
    end
end
complete -c mpsdscope -f -a '(__mpsdscope_complete)'
)--";

constexpr std::array<std::pair<std::string_view, std::string_view>, 3> kScripts{
    {{"bash", kBash}, {"zsh", kZsh}, {"fish", kFish}}};

}  // namespace

std::string_view completion_script(std::string_view shell) {
  for (const auto& [name, script] : kScripts) {
    if (name == shell) return script;
  }
  return "";
}

}  // namespace mpsdscope
