// Java's jzmq.
// packages: libzmq-java default-jre-headless libecj-java
// run: java -cp /usr/share/java/ecj.jar org.eclipse.jdt.internal.compiler.batch.Main -11 -cp /usr/share/java/zmq.jar -d /tmp Exchange.java && java -cp /usr/share/java/zmq.jar:/tmp -Djava.library.path=/usr/lib/x86_64-linux-gnu/jni:/usr/lib/jni Exchange
// quick: yes
import org.zeromq.ZMQ;

public class Exchange {
    public static void main(String[] arguments) throws Exception {
        ZMQ.Context context = ZMQ.context(1);
        ZMQ.Socket pull = context.socket(ZMQ.PULL);
        int port = pull.bindToRandomPort("tcp://127.0.0.1");
        Thread thread = new Thread(() -> {
            ZMQ.Socket push = context.socket(ZMQ.PUSH);
            push.connect("tcp://127.0.0.1:" + port);
            for (int i = 0; i < 3; i++) {
                push.send("task " + i, ZMQ.SNDMORE);
                push.send(new byte[100000], 0);
            }
            push.close();
        });
        thread.start();
        for (int i = 0; i < 3; i++)
            System.out.println(new String(pull.recv(0)) + " " + pull.recv(0).length);
        thread.join();
        pull.close();
        context.term();
    }
}
