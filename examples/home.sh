#!/bin/sh
# Says of each record whether it is of the country in $HOME_COUNTRY: a stage of examples/home.toml in plain shell.
#
# An object a line comes in, {"id":7,…}, and a line with the same id goes out.
while IFS= read -r line; do
    id=${line#'{"id":'}
    id=${id%%,*}
    case $line in
        *"\"country\":\"$HOME_COUNTRY\""*) echo "{\"id\":$id,\"home\":true}" ;;
        *) echo "{\"id\":$id,\"home\":false}" ;;
    esac
done
