//go:build !race

package main

const watchesRaces = false
