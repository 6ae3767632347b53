//go:build tools

// Package cluster names the commands that the tests build. The imports are never compiled from here: they keep
// `go mod tidy` from dropping the modules that the commands need.
package cluster

import (
	_ "go.etcd.io/etcd/server/v3"
	_ "k8s.io/kubernetes/cmd/kube-apiserver"
	_ "k8s.io/kubernetes/cmd/kubectl"
)
