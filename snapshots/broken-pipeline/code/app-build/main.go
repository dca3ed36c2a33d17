// A service that answers on port 8080 and needs nothing but Go's own library.
package main

import (
	"fmt"
	"log"
	"net/http"
)

func main() {
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintln(w, "built without the internet")
	})
	log.Fatal(http.ListenAndServe(":8080", nil))
}
