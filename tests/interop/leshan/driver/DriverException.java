// SPDX-License-Identifier: Apache-2.0

package driver;

// A request of the test that cannot be carried out; kind tells the test which way.
class DriverException extends RuntimeException {
    private static final long serialVersionUID = 1L;
    final String kind;

    DriverException(String kind, String message) {
        super(message);
        this.kind = kind;
    }
}
