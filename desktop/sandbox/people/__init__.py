"""Who lives in the sandbox: a fixed cast and a crowd made on demand."""
