package dev.quorate.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.Reader;
import java.util.Locale;

/**
 * Where a command speaks: results to {@code out}, questions and progress to {@code err}, answers from {@code in}.
 *
 * @param out results
 * @param err questions, progress and complaints
 * @param in what is typed
 * @param watched whether a person looks at {@code err}: only then is progress shown
 */
record Terminal(PrintWriter out, PrintWriter err, Reader in, boolean watched) {
    /** Asks; whether the answer is yes. The end of the input is no. */
    boolean agrees(String question) throws IOException {
        err.print(question + " [y/N] ");
        err.flush();
        BufferedReader lines = new BufferedReader(in);
        String answer = lines.readLine();
        return answer != null && answer.trim().toLowerCase(Locale.ROOT).matches("y|yes");
    }
}
