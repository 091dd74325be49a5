package qlik

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
)

// Class says whose trouble an error is, which decides what a rollout does.
//
//   - "change": what was asked for is wrong, and would be in the next tenant too.
//   - "tenant": this tenant does not let us, by its state or its permissions.
//   - "platform": Qlik or the network; slow down and try again.
//
// It returns "" for nil.
func Class(err error) string {
	switch {
	case err == nil:
		return ""
	case errors.Is(err, ErrLimited), errors.Is(err, errReply), errors.Is(err, errPartial),
		errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return "platform"
	case errors.Is(err, ErrSuspended), errors.Is(err, ErrDenied), unknownHost(err), badCertificate(err):
		return "tenant"
	}
	var e *Error
	if errors.As(err, &e) {
		if e.Status >= http.StatusInternalServerError || e.Status == http.StatusRequestTimeout || e.Status == http.StatusLocked {
			return "platform"
		}
		return "change"
	}
	if cut(err) {
		return "platform"
	}
	var tok *TokenError
	if errors.As(err, &tok) {
		return "tenant"
	}
	return "change"
}

func unknownHost(err error) bool {
	var dns *net.DNSError
	return errors.As(err, &dns) && dns.IsNotFound
}

func badCertificate(err error) bool {
	var cert *tls.CertificateVerificationError
	return errors.As(err, &cert)
}

// lost reports whether a call may have done its work although it gave no
// answer that says so.
func lost(err error) bool {
	var e *Error
	if errors.As(err, &e) {
		return e.Status >= http.StatusInternalServerError
	}
	var tok *TokenError
	if errors.As(err, &tok) {
		return false
	}
	return errors.Is(err, errReply) || cut(err) && !neverSent(err)
}
