// resolve host NAME: addresses, one a line. resolve srv NAME: targets and ports.
package main

import (
	"fmt"
	"net"
	"os"
)

func main() {
	if len(os.Args) != 3 {
		os.Exit(2)
	}
	if os.Args[1] == "srv" {
		_, all, err := net.LookupSRV("", "", os.Args[2])
		check(err)
		for _, one := range all {
			fmt.Println(one.Target, one.Port)
		}
		return
	}
	all, err := net.LookupHost(os.Args[2])
	check(err)
	for _, one := range all {
		fmt.Println(one)
	}
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
